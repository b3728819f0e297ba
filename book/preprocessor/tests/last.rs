//! The page of the last crate: it replays onto the newest chapter, by module.

#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;

use book_machine::page::Page;
use book_machine::render::Format;
use book_machine::repository::Repository;
use book_machine::tree::Tree;
use book_machine::{check, lay};
use support::Sample;

const NAME: &str = "final.md";
const PAGE: &str = "book/src/final.md";
const GIVEN: &str = "{{given src/voices}}\n{{given src}}\n";

const TEXT: &str = "# The last one\n\n## What changes\n\n{{changes final}}\n\n\
    ## Voices\n\nThe module `voices` has them all:\n\n\
    {{code src/voices/loud.rs#voice_1}}\n";

/// The sample with a last crate: chapter 02, two more files, and a change.
fn ending() -> Sample {
    let sample = Sample::new();
    for file in ["main.rs", "greeter.rs", "greeter/tests.rs"] {
        let text = sample.text(&format!("chapters/02-counter/src/{file}"));
        sample.write(&format!("final/src/{file}"), &text);
    }
    let manifest = sample.text("chapters/02-counter/Cargo.toml");
    let manifest = manifest
        .replace("ch02-counter", "final")
        .replace("Says hello and counts", "All of it");
    sample.write("final/Cargo.toml", &manifest);
    let voice = |n: usize| format!("pub fn voice_{n}() -> u32 {{\n    {n}\n}}\n");
    let voices: Vec<String> = (1..=12).map(voice).collect();
    sample.write("final/src/voices/loud.rs", &voices.join("\n"));
    sample.write("final/src/voices.rs", "mod loud;\n\npub fn quiet() {}\n");
    let main = "final/src/main.rs";
    sample.replace(main, "mod greeter;\n", "mod greeter;\nmod voices;\n");
    sample.replace("final/src/greeter.rs", "Hello, {name}", "Ciao, {name}");
    let summary = "book/src/SUMMARY.md";
    let front = "[Front](front.md)\n";
    sample.replace(summary, front, &format!("{front}[The last](final.md)\n"));
    let lock = sample.text("Cargo.lock");
    let entry = "\n[[package]]\nname = \"final\"\nversion = \"0.1.0\"\n\
                 dependencies = [\n \"voice\",\n]\n";
    sample.write("Cargo.lock", &(lock + entry));
    sample.write(PAGE, &format!("{TEXT}\n{GIVEN}"));
    sample
}

/// What is wrong in the whole book, without what only `bless` mends.
fn problems(sample: &Sample) -> Vec<String> {
    let report = check::book(&sample.repository).unwrap();
    let problems = report.problems.iter().map(ToString::to_string);
    problems.filter(|problem| !problem.contains("bless")).collect()
}

#[test]
fn the_last_page_gives_folders_and_lists_their_files() {
    let sample = ending();
    assert_eq!(problems(&sample), [""; 0]);
    let text = sample.page(NAME).render(&sample.repository, Format::Markdown);
    for part in [
        "**38 of 75 lines are given here (51 %)**",
        "and 1 item of the last chapter changed.",
        "<summary>src/voices: 1 file, 36 lines given</summary>",
        "- **`src/voices/loud.rs`**, 36 lines: `voice_1`, `voice_2`, `voice_3`, ",
        "<summary>src: 3 files, 2 lines given, 1 item changed</summary>",
        "- **`src/greeter.rs`**, 1 line: `Greeter::greet` (changed)\n",
        "- **`src/main.rs`**, imports\n",
        "- **`src/voices.rs`**, 1 line: `quiet`\n",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!text.contains("voice_2() -> u32"), "no code of a folder: {text}");
}

#[test]
fn what_the_last_page_does_not_give_is_missing() {
    let sample = ending();
    sample.replace(PAGE, "{{given src/voices}}\n{{given src}}\n", "");
    sample.fails(NAME, &["src/voices/loud.rs: 47 lines missing"]);
    sample.remove(PAGE);
    sample.replace("book/src/SUMMARY.md", "[The last](final.md)\n", "");
    let found = problems(&sample);
    assert!(
        found.iter().any(|it| it.contains("final:1: has no page")),
        "{found:?}"
    );
}

#[test]
fn a_module_that_the_last_page_gives_is_named_and_walked() {
    let sample = ending();
    sample.replace(PAGE, "`voices`", "voices");
    let what = "src/voices is given with 37 new lines, and";
    sample.fails(NAME, &[what, "the prose does not name it"]);
    sample.replace(PAGE, "module voices", "module `voices.rs`");
    assert_eq!(sample.problems(NAME), [""; 0]);
    sample.replace(PAGE, "{{code src/voices/loud.rs#voice_1}}\n", "");
    sample.fails(NAME, &[what, "no given item of it is walked"]);
    sample.replace(PAGE, "## Voices", "{{code src/voices.rs#quiet}}\n\n## Voices");
    assert_eq!(sample.problems(NAME), [""; 0]);
}

#[test]
fn the_limits_of_the_last_page_hold_as_soon_as_chapter_17_is_there() {
    let sample = ending();
    let share = check::book(&sample.repository).unwrap().share.unwrap();
    let expected = "final: 38 lines of 75 given (51 %, at most 25 % from chapter 17 \
                    on), 1 item changed (at most 16)";
    assert_eq!(share, expected);
    for file in
        ["Cargo.toml", "src/main.rs", "src/greeter.rs", "src/greeter/tests.rs"]
    {
        let text = sample.text(&format!("chapters/02-counter/{file}"));
        let text = text.replace("ch02-counter", "ch17-last");
        sample.write(&format!("chapters/17-last/{file}"), &text);
    }
    let found = problems(&sample);
    let message = "final.md:1: 51 % of its lines are new, more than 25 %";
    assert!(found.iter().any(|it| it == message), "{found:?}");

    let many: String =
        (1..=17).map(|n| format!("pub fn f{n}() {{}}\n\n")).collect();
    let old = many.trim_end().to_owned() + "\n";
    sample.write("chapters/17-last/src/many.rs", &old);
    sample.write("final/src/many.rs", &old.replace("{}", "{\n    drop(1);\n}"));
    for main in ["chapters/17-last/src/main.rs", "final/src/main.rs"] {
        sample.replace(main, "mod greeter;\n", "mod greeter;\nmod many;\n");
    }
    let found = problems(&sample);
    let message = "final.md:1: 18 items are changed, more than 16";
    assert!(found.iter().any(|it| it == message), "{found:?}");
}

#[test]
fn a_swap_is_shown_old_beside_new_with_a_figure_of_the_bench() {
    let sample = ending();
    let swap =
        "{{swap src/main.rs#greet in 01 with src/greeter.rs#Greeter::greet}}\n";
    let figure = "It takes <span data-figure=\"greet, p50\">3</span> µs.\n";
    sample.write(PAGE, &format!("{TEXT}\n## Speed\n\n{swap}\n{figure}\n{GIVEN}"));
    assert_eq!(sample.problems(NAME), [""; 0]);
    let html = sample.page(NAME).render(&sample.repository, Format::Html);
    let (_, inside) = html.split_once("<div class=\"swap\">").unwrap();
    let (before, now) =
        inside.split_once("<span class=\"verb\">now</span>").unwrap();
    assert!(before.contains("before, in chapter 01"), "{before}");
    assert!(before.contains("Hello, ") && now.contains("Ciao, "), "{html}");

    sample.replace(PAGE, figure, "It is fast.\n\n## More\n\n");
    sample.fails(NAME, &[swap.trim(), "Its section needs a figure"]);
    sample.replace(PAGE, "greet in 01 with", "greet with");
    sample.fails(NAME, &["two places: FILE#ITEM in NN with FILE#ITEM"]);
}

/// The page of this book, not of the sample: what it gives is the whole crate.
#[test]
fn what_the_page_of_final_gives_is_final() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let repository = Repository::new(root);
    let chapter = repository.chapter("final").unwrap();
    let page = Page::read(&repository, NAME).unwrap();
    let base = repository.start_of(&chapter).unwrap();
    let target = Tree::read(&chapter.folder).unwrap();
    let mut reader = base.clone();
    while let Some(laid) = lay::next(&page, &base, &target, &reader).unwrap() {
        assert_ne!(laid.tree, reader, "{:?}", laid.gift);
        reader = laid.tree;
    }
    // These the reader removes.
    reader.files.retain(|file, _| target.files.contains_key(file));
    for (file, text) in &target.files {
        assert_eq!(reader.get(file), Some(text.as_str()), "{file}");
    }
}
