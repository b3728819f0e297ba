//! What the commands around the book do to crates.

#![allow(clippy::unwrap_used)]

mod support;

use book_machine::attempt::{self, Differences};
use book_machine::exercise::Exercise;
use book_machine::lines::{Sign, count};
use book_machine::merge::{Outcome, carry};
use book_machine::tree::Tree;
use book_machine::{compare, patch, proof, rescue, standalone};
use support::Sample;

fn tree(files: &[(&str, &str)]) -> Tree {
    let owned =
        |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    Tree { files: files.iter().map(owned).collect() }
}

const BASE: &str =
    "fn one() {\n    alpha();\n    beta();\n}\n\nfn two() {\n    gamma();\n}\n";

fn outcomes(ours: &str, fixed: &str) -> (String, Vec<Outcome>) {
    let base = tree(&[("src/lib.rs", BASE)]);
    let fixed = tree(&[("src/lib.rs", fixed)]);
    let ours = tree(&[("src/lib.rs", ours)]);
    let (result, report) = carry(&base, &fixed, &ours).unwrap();
    let text = result.get("src/lib.rs").unwrap().to_owned();
    (text, report.iter().map(|hunk| hunk.outcome).collect())
}

#[test]
fn a_fix_goes_into_a_crate_that_has_grown_around_it() {
    let grown = BASE.replace("fn two", "fn between() {}\n\nfn two");
    let fixed = BASE.replace("beta()", "beta(1)");
    let (text, found) = outcomes(&grown, &fixed);
    assert_eq!(found, [Outcome::Carried]);
    assert_eq!(text, grown.replace("beta()", "beta(1)"));
}

#[test]
fn lines_that_differ_beside_a_fix_do_not_stop_it() {
    let beside = BASE.replace("alpha()", "alpha(&mut x)");
    let fixed = BASE.replace("beta()", "beta(1)");
    let (text, found) = outcomes(&beside, &fixed);
    assert_eq!(found, [Outcome::Carried]);
    assert_eq!(text, beside.replace("beta()", "beta(1)"));
}

#[test]
fn a_fix_that_is_there_already_is_not_made_twice() {
    let fixed = BASE.replace("beta()", "beta(1)");
    let (text, found) = outcomes(&fixed, &fixed);
    assert_eq!(found, [Outcome::Already]);
    assert_eq!(text, fixed);
}

#[test]
fn a_place_that_looks_different_is_a_conflict_and_other_hunks_still_go_in() {
    let other = BASE
        .replace("    alpha();\n    beta();", "    alpha(&mut x);\n    beta();");
    let fixed = BASE
        .replace("    alpha();\n    beta();", "    alpha(2);\n    beta();")
        .replace("gamma()", "gamma(3)");
    let (text, found) = outcomes(&other, &fixed);
    assert_eq!(found, [Outcome::Conflict, Outcome::Carried]);
    assert_eq!(text, other.replace("gamma()", "gamma(3)"));
}

#[test]
fn a_place_that_a_crate_does_not_have_is_no_conflict() {
    let without = "fn two() {\n    gamma();\n}\n";
    let (text, found) = outcomes(without, &BASE.replace("beta()", "beta(1)"));
    assert_eq!(found, [Outcome::Absent]);
    assert_eq!(text, without);
}

#[test]
fn a_manifest_is_carried_key_by_key() {
    let base = "[dependencies]\naxum = \"1\"\nserde = \"1\"\n";
    let fixed = "[dependencies]\naxum = \"2\"\nserde = \"1\"\ntower = \"1\"\n";
    let ours = "[dependencies]\naxum = \"1\"\nredis = \"1\"\nserde = \"1\"\n";
    let manifest = |text| tree(&[("Cargo.toml", text)]);
    let (result, report) =
        carry(&manifest(base), &manifest(fixed), &manifest(ours)).unwrap();
    let expected = "[dependencies]\naxum = \"2\"\nredis = \"1\"\nserde = \"1\"\ntower = \"1\"\n";
    assert_eq!(result.get("Cargo.toml"), Some(expected));
    assert_eq!(report.len(), 2);

    let differs = ours.replace("axum = \"1\"", "axum = \"0\"");
    let (_, report) =
        carry(&manifest(base), &manifest(fixed), &manifest(&differs)).unwrap();
    assert_eq!(report[0].line, "dependencies.axum");
    assert_eq!(report[0].outcome, Outcome::Conflict);
}

#[test]
fn a_new_file_goes_where_there_is_none_of_its_name() {
    let (base, fixed) = (tree(&[]), tree(&[("src/new.rs", "fn new() {}\n")]));
    let (result, report) = carry(&base, &fixed, &tree(&[])).unwrap();
    assert_eq!((result, report[0].outcome), (fixed.clone(), Outcome::Carried));
    let other = tree(&[("src/new.rs", "fn other() {}\n")]);
    let (result, report) = carry(&base, &fixed, &other).unwrap();
    assert_eq!((result, report[0].outcome), (other, Outcome::Conflict));
}

#[test]
fn a_patch_makes_one_tree_of_the_other() {
    let before =
        tree(&[("a.rs", BASE), ("gone.rs", "fn gone() {}\n"), ("same.rs", "")]);
    let changed = BASE.replace("beta", "delta");
    let after =
        tree(&[("a.rs", &changed), ("new.rs", "fn new() {}\n"), ("same.rs", "")]);
    let text = patch::make(&before, &after);
    assert_eq!(patch::apply(&before, &text).unwrap(), after);
    assert!(patch::apply(&after, &text).unwrap_err().contains("not fit a.rs"));
    assert!(patch::apply(&before, "").unwrap_err().contains("changes nothing"));
}

#[test]
fn moves_between_chapters_are_recognised() {
    let sample = Sample::new();
    let old = sample.repository.chapter("01").unwrap();
    let new = sample.repository.chapter("02").unwrap();
    let new = Tree::read(&new.folder).unwrap();
    let old = Tree::read(&old.folder).unwrap().named_like(&new);
    let moves = compare::moves(&old, &new).unwrap();
    let names: Vec<_> =
        moves.iter().map(|m| (m.item.as_str(), m.to.as_str())).collect();
    assert_eq!(names, [("NOBODY", "src/greeter.rs")]);

    let mut moved = old.clone();
    let text = moved.files.remove("src/main.rs").unwrap();
    moved.files.insert("src/other.rs".into(), text.replace("Hello", "Ciao"));
    let changes = compare::files(&old, &moved);
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].from.as_deref(), Some("src/main.rs"));
    assert_eq!(count(&changes[0].lines, Sign::Added), 1);
}

#[test]
fn chapter_names_are_no_difference() {
    let sample = Sample::new();
    let manifest = "chapters/02-counter/Cargo.toml";
    sample.write(
        manifest,
        &sample
            .text("chapters/01-greeter/Cargo.toml")
            .replace("ch01-greeter", "ch02-counter")
            .replace("Says hello", "Other"),
    );
    let old = Tree::read(&sample.repository.chapter("01").unwrap().folder).unwrap();
    let new = Tree::read(&sample.repository.chapter("02").unwrap().folder).unwrap();
    assert_eq!(old.named_like(&new).get("Cargo.toml"), new.get("Cargo.toml"));
}

#[test]
fn names_can_be_exchanged_and_given_back() {
    let chapter = tree(&[
        ("Cargo.toml", "[package]\nname = \"ch03-sessions\"\n"),
        (
            "tests/a.rs",
            "use ch03_sessions::x;\nenv!(\"CARGO_BIN_EXE_ch03-sessions\");\n",
        ),
    ]);
    let last = tree(&[
        (
            "Cargo.toml",
            "[package]\nname = \"final\"\n\n[lib]\nname = \"mcp_server\"\n",
        ),
        ("tests/a.rs", "use mcp_server::x;\n"),
    ]);
    let as_last = chapter.renamed(&chapter, &last);
    assert!(as_last.get("tests/a.rs").unwrap().starts_with("use mcp_server::x;"));
    assert_eq!(as_last.renamed(&last, &chapter), chapter);
}

#[test]
fn the_sample_exercises_are_proven() {
    let sample = Sample::new();
    let exercises = Exercise::all(&sample.repository).unwrap();
    assert_eq!(exercises.len(), 2);
    for exercise in &exercises {
        proof::prove(&sample.repository, exercise).unwrap();
    }
    // Once more, without a compiler.
    for exercise in &exercises {
        proof::prove(&sample.repository, exercise).unwrap();
    }
}

#[track_caller]
fn is_not_proven(sample: &Sample, name: &str, text: &str) {
    let exercise = Exercise::read(&sample.repository, name).unwrap();
    let message = proof::prove(&sample.repository, &exercise).unwrap_err();
    assert!(message.contains(text), "{text} is not in {message}");
}

#[test]
fn an_exercise_that_does_not_hold_is_not_proven() {
    let sample = Sample::new();
    let check = "chapters/exercises/02/louder/check.rs";
    sample.replace(check, "\"!!\"", "\"!\"");
    is_not_proven(&sample, "02/louder", "green before it is solved");
    sample.replace(check, "\"!\"", "\"!!!\"");
    is_not_proven(
        &sample,
        "02/louder",
        "the solution does not make the check green",
    );
    sample.replace(check, "it ends with one mark", "too quiet");
    is_not_proven(&sample, "02/louder", "but not with `it ends with one mark`");
    sample.replace(check, "fn the", "fn fn the");
    is_not_proven(&sample, "02/louder", "the test does not compile");

    let test = "chapters/exercises/02/bites/test.rs";
    sample.replace(test, "\"1 greetings\"", "\"greetings\"");
    is_not_proven(&sample, "02/bites", "the test does not catch the mutant");
    sample.replace(test, "\"greetings\"", "\"7 greetings\"");
    is_not_proven(&sample, "02/bites", "the test fails on the chapter");
}

#[test]
fn an_exercise_does_not_ask_for_a_test_that_the_chapter_has() {
    let sample = Sample::new();
    let mutant = "chapters/exercises/02/bites/mutant.patch";
    sample.write(
        mutant,
        "--- a/src/greeter.rs\n+++ b/src/greeter.rs\n@@ -36,3 +36,3 @@\n \
         \x20   pub fn count(&self, name: &str) -> u32 {\n\
         -        self.counts.get(name).copied().unwrap_or(0)\n\
         +        self.counts.get(name).copied().unwrap_or(1)\n     }\n",
    );
    let fault = "the chapter's own tests catch the mutant already";
    is_not_proven(&sample, "02/bites", fault);
}

#[test]
fn a_reader_who_is_stuck_gets_the_next_checkpoint_and_keeps_the_rest() {
    let sample = Sample::new();
    let chapter = sample.repository.chapter("02").unwrap();
    let target = Tree::read(&chapter.folder).unwrap();
    let base = sample.repository.start_of(&chapter).unwrap();
    let page = sample.page("02-counter.md");

    let mut reader = base.clone();
    reader.files.insert("notes.txt".into(), "mine\n".into());
    let first = rescue::next(&page, &base, &target, &reader).unwrap();
    assert_eq!((first.checkpoint, first.of), (1, 2));
    assert!(first.tree.files.contains_key("src/greeter.rs"));
    assert!(!first.tree.files.contains_key("src/greeter/tests.rs"));
    assert_eq!(first.tree.get("notes.txt"), Some("mine\n"));

    let second = rescue::next(&page, &base, &target, &first.tree).unwrap();
    assert_eq!(second.checkpoint, 2);
    assert_eq!(rescue::next(&page, &base, &target, &second.tree), None);
}

/// Whoever has typed everything gets the tests, and keeps how it was typed.
#[test]
fn a_reader_who_sets_lines_apart_otherwise_is_not_sent_back() {
    let sample = Sample::new();
    let chapter = sample.repository.chapter("02").unwrap();
    let target = Tree::read(&chapter.folder).unwrap();
    let base = sample.repository.start_of(&chapter).unwrap();
    let page = sample.page("02-counter.md");
    let next = |reader: &Tree| {
        let rescue = rescue::next(&page, &base, &target, reader);
        rescue.map(|rescue| rescue.checkpoint)
    };
    let mut reader = page.checkpoints[0].1.clone();
    assert_eq!(next(&reader), Some(2));
    let greeter = reader.files.get_mut("src/greeter.rs").unwrap();
    *greeter = greeter.replace(" {\n", "\n{\n\n").replace("use std", "\nuse std");
    assert_eq!(next(&reader), Some(2), "{reader:?}");

    // A line that is wrong is: this checkpoint is not reached.
    let mut wrong = reader.clone();
    let greeter = wrong.files.get_mut("src/greeter.rs").unwrap();
    *greeter = greeter.replace("Hello", "Helo");
    assert_eq!(next(&wrong), Some(1));
    // Who has come further goes on there, and is given the line on the way.
    for (file, text) in &target.files {
        wrong.files.entry(file.clone()).or_insert(text.clone());
    }
    assert_eq!(next(&wrong), Some(2));
}

/// Their order, blank lines, comments, imports and tests are the reader's own.
#[test]
fn a_faultless_copy_has_no_differences() {
    let book = tree(&[
        (
            "src/a.rs",
            "use x::Y;\n\n/// A.\npub struct A;\n\nimpl A {\n    fn a() {}\n\n    \
             /// Docs.\n    fn b() {}\n}\n",
        ),
        ("tests/all.rs", "#[test]\nfn all() {}\n"),
    ]);
    let mut reader = tree(&[(
        "src/a.rs",
        "impl A {\n\n\n  fn b() { }\n}\nimpl A { fn a() {} }\nuse x::{Y};\n\
         pub struct A;\n",
    )]);
    let compared = attempt::compare(&reader, &book).unwrap();
    assert_eq!(compared, Differences::default());

    let text = reader.files.get_mut("src/a.rs").unwrap();
    *text = text
        .replace("fn a() {}", "fn a() { b() } fn c() {}")
        .replace("fn b", "fn d");
    let compared = attempt::compare(&reader, &book).unwrap();
    assert_eq!(compared.changed[0].0, "src/a.rs#A::a");
    assert_eq!(compared.missing, ["src/a.rs#A::b"]);
    assert_eq!(compared.extra, ["src/a.rs#A::c", "src/a.rs#A::d"]);
}

#[test]
fn an_exported_crate_inherits_nothing() {
    let sample = Sample::new();
    sample.replace(
        "Cargo.toml",
        "voice = { path = \"voice\" }",
        "voice = { path = \"voice\", features = [\"a\"] }\nserde = \"1\"",
    );
    sample.replace(
        "chapters/02-counter/Cargo.toml",
        "voice.workspace = true",
        "serde.workspace = true\nvoice = { workspace = true, features = [\"b\"] }",
    );
    let chapter = sample.repository.chapter("02").unwrap();
    let tree = Tree::read(&chapter.folder).unwrap();
    let manifest = standalone::exported(&sample.repository, &tree).unwrap();
    let manifest = manifest.get("Cargo.toml").unwrap();
    assert!(!manifest.contains("workspace = true"), "{manifest}");
    for line in [
        "edition = \"2024\"",
        "serde = \"1\"",
        "features = [\"a\", \"b\"]",
        "[lints.rust]",
        "[workspace]",
    ] {
        assert!(manifest.contains(line), "{line} is not in {manifest}");
    }
}

#[test]
fn a_workshops_manifest_gives_the_chapters_lines_back() {
    let sample = Sample::new();
    let manifest = sample.text("chapters/02-counter/Cargo.toml");
    let workshop =
        standalone::workshop_manifest(&sample.repository, &manifest).unwrap();
    assert!(workshop.contains("[workspace.dependencies]"));
    assert_eq!(standalone::chapter_manifest(&workshop), manifest);
}
