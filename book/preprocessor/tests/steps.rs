//! Every kind of step, on crates of a few lines.

#![allow(clippy::unwrap_used)]

use book_machine::difference::differences;
use book_machine::directive::Directive;
use book_machine::lines::{Sign, count, difference, statements};
use book_machine::render::Format;
use book_machine::replay::Replay;
use book_machine::shown::{Shown, Verb};
use book_machine::tree::Tree;

type Files<'a> = &'a [(&'a str, &'a str)];

fn tree(files: Files<'_>) -> Tree {
    let owned =
        |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    Tree { files: files.iter().map(owned).collect() }
}

/// Takes the steps and asserts that they lead from `base` to `target`.
#[track_caller]
fn leads(base: Files<'_>, target: Files<'_>, steps: &[&str]) -> Vec<Shown> {
    let directives: Vec<Directive> = steps
        .iter()
        .map(|step| Directive::parse(&format!("{{{{{step}}}}}")).unwrap().unwrap())
        .collect();
    let mut replay = Replay::new(tree(base), tree(target), &directives);
    let mut shown = Vec::new();
    for directive in &directives {
        shown.extend(replay.apply(directive).unwrap());
    }
    assert_eq!(differences(replay.now(), replay.target()).unwrap(), []);
    assert_eq!(replay.now(), replay.target());
    shown
}

fn texts(shown: &Shown) -> Vec<&str> {
    shown.lines.iter().map(|line| line.text.as_str()).collect()
}

#[test]
fn a_method_brings_its_block_and_the_next_one_joins_it() {
    let base = [("src/lib.rs", "struct A;\n")];
    let target = [(
        "src/lib.rs",
        "struct A;\n\nimpl A {\n    fn one(&self) {}\n\n    fn two(&self) {}\n}\n",
    )];
    let shown =
        leads(&base, &target, &["add src/lib.rs#A::two", "add src/lib.rs#A::one"]);
    assert_eq!(texts(&shown[0]), ["impl A {", "    fn two(&self) {}", "}"]);
    assert_eq!(texts(&shown[1]), ["    fn one(&self) {}"]);
}

#[test]
fn a_block_whose_first_line_changes_shows_it_with_the_method() {
    let base = [("src/lib.rs", "impl A {\n    fn one(&self) {}\n}\n")];
    let target = [(
        "src/lib.rs",
        "impl<T> A<T> {\n    fn one(&self) {}\n\n    fn two(&self) {}\n}\n",
    )];
    let shown = leads(&base, &target, &["add src/lib.rs#A::two"]);
    assert_eq!(texts(&shown[0])[..2], ["impl A {", "impl<T> A<T> {"]);
    assert_eq!(count(&shown[0].lines, Sign::Removed), 1);
}

#[test]
fn the_methods_of_traits_and_of_their_blocks_are_told_apart() {
    let base = [(
        "src/lib.rs",
        "trait T {\n    fn a(&self);\n}\n\nimpl T for X {\n    fn a(&self) {}\n}\n",
    )];
    let target = [(
        "src/lib.rs",
        "trait T {\n    fn a(&self);\n\n    fn b(&self);\n}\n\nimpl T for X {\n    fn a(&self) {}\n\n    fn b(&self) {}\n}\n",
    )];
    let steps = ["add src/lib.rs#T::b", "add src/lib.rs#impl T for X::b"];
    leads(&base, &target, &steps);
}

#[test]
fn an_inline_module_of_tests_is_revealed_with_its_imports() {
    let base = [("src/lib.rs", "fn a() {}\n")];
    let target = [(
        "src/lib.rs",
        "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n    fn it_runs() {\n        a();\n    }\n}\n",
    )];
    let shown = leads(&base, &target, &["reveal src/lib.rs#mod tests"]);
    assert_eq!(shown[0].verb, Verb::Revealed);
    let names: Vec<&str> =
        shown[0].tests.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["it_runs"]);
}

#[test]
fn of_a_grown_file_of_tests_only_the_new_ones_are_listed() {
    let old = "#[test]\nfn one() {}\n";
    let new = "#[test]\nfn one() {}\n\n#[tokio::test]\nasync fn two() {}\n";
    let shown = leads(
        &[("tests/a.rs", old)],
        &[("tests/a.rs", new)],
        &["reveal tests/a.rs"],
    );
    let names: Vec<&str> =
        shown[0].tests.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["two"]);
}

#[test]
fn paragraphs_of_a_script_come_change_and_go() {
    let base = [("a.lua", "-- One.\nlocal a = 1\n\n-- Two.\nlocal b = 2\n")];
    let target = [("a.lua", "-- One.\nlocal a = 3\n\n-- Three.\nreturn a\n")];
    let steps = ["change a.lua#One", "add a.lua#-- Three", "remove a.lua#Two"];
    let shown = leads(&base, &target, &steps);
    assert_eq!(texts(&shown[0]), ["-- One.", "local a = 1", "local a = 3"]);
}

#[test]
fn files_move_change_and_go() {
    let base = [("a.txt", "one\ntwo\nthree\n"), ("b.txt", "gone\n")];
    let target = [("c.txt", "one\nTWO\nthree\n")];
    let shown = leads(&base, &target, &["move a.txt to c.txt", "remove b.txt"]);
    assert_eq!(shown[0].verb, Verb::Moved("a.txt".into()));
    assert_eq!(count(&shown[0].lines, Sign::Same), 2);
    assert!(shown[1].is_folded());
}

#[test]
fn several_items_move_into_a_block_of_a_new_file() {
    let base = [(
        "src/main.rs",
        "fn main() {}\n\nfn one() -> u8 {\n    1\n}\n\nfn two() -> u8 {\n    2\n}\n",
    )];
    let target = [
        (
            "src/a.rs",
            "//! A.\n\nimpl A {\n    fn one() -> u8 {\n        1\n    }\n\n    fn second() -> u8 {\n        2\n    }\n}\n",
        ),
        ("src/main.rs", "mod a;\n\nfn main() {}\n"),
    ];
    let step = "move src/main.rs#one, two to src/a.rs#A::one, A::second";
    let shown = leads(&base, &target, &[step]);
    assert_eq!(count(&shown[0].lines, Sign::Removed), 1);
    assert_eq!(shown[0].rides[0].file, "src/main.rs");
}

#[test]
fn an_item_is_put_where_the_chapter_has_it() {
    let base = [("src/lib.rs", "fn a() {}\n\nfn b() {}\n\nfn c() {}\n")];
    let target = [("src/lib.rs", "fn b() {}\n\nfn c() {}\n\nfn a() {}\n")];
    let shown = leads(&base, &target, &["move src/lib.rs#a to src/lib.rs"]);
    assert!(shown[0].is_folded());
}

#[test]
fn dependencies_come_change_and_go_in_both_tables() {
    let base = [(
        "Cargo.toml",
        "[package]\nname = \"x-y\"\n\n[dependencies]\nold = \"1\"\nserde = \"1\"\n",
    )];
    let target = [(
        "Cargo.toml",
        "[package]\nname = \"x-y\"\n\n[dependencies]\n# Why.\naxum = \"1\"\nserde = \"2\"\n\n[dev-dependencies]\naxum = { version = \"1\" }\n",
    )];
    let shown =
        leads(&base, &target, &["dependency axum", "dependency serde, old"]);
    assert_eq!(
        texts(&shown[0]),
        [
            "# Why.",
            "axum = \"1\"",
            "",
            "[dev-dependencies]",
            "axum = { version = \"1\" }"
        ]
    );
    assert_eq!(
        (shown[0].verb.clone(), shown[1].verb.clone()),
        (Verb::Added, Verb::Changed)
    );
}

#[test]
fn a_long_item_shows_its_changed_places_and_says_where_it_leaves_out() {
    let long = |n: u32| {
        let lines: String = (0..60).map(|n| format!("    step({n});\n")).collect();
        format!(
            "fn long() {{\n{}}}\n",
            lines.replace("step(30)", &format!("step({n})"))
        )
    };
    let (old, new) = (long(30), long(99));
    let shown = leads(&[("a.rs", &old)], &[("a.rs", &new)], &["change a.rs#long"]);
    let signs: Vec<Sign> = shown[0].lines.iter().map(|line| line.sign).collect();
    assert_eq!(signs[..2], [Sign::Same, Sign::Gap]);
    assert_eq!(shown[0].lines[0].text, "fn long() {");
    assert_eq!(shown[0].height(), 1 + 1 + 2 + 2 + 2 + 1);
}

/// `Mutex,` alone would not say between which braces it goes.
#[test]
fn an_import_inside_a_group_is_shown_with_the_group() {
    let old = "use std::{\n    fmt,\n    sync::Arc,\n};\n\nfn a() {\n    b();\n}\n";
    let new = old.replace("Arc,\n", "Arc,\n    time,\n");
    let shown = |old: &str, new: &str| -> Vec<String> {
        let lines = statements(&difference(old, new));
        lines.iter().map(|line| format!("{:?} {}", line.sign, line.text)).collect()
    };
    let expected = [
        "Same use std::{",
        "Same     fmt,",
        "Same     sync::Arc,",
        "Added     time,",
        "Same };",
    ];
    assert_eq!(shown(old, &new), expected);
    let more = new.replace("};\n", "};\nuse serde_json::json;\n");
    assert_eq!(shown(&new, &more), ["Added use serde_json::json;"]);
}

#[test]
fn a_given_folder_brings_what_is_new_or_changed_in_it() {
    let base = [
        ("src/a.rs", "fn same() {}\n\nfn old() {}\n\nfn gone() {}\n"),
        ("src/lib.rs", "mod a;\n"),
    ];
    let target = [
        ("src/a.rs", "mod b;\n\nfn same() {}\n\nfn old() {\n    b::new();\n}\n"),
        ("src/a/b.rs", "use std::fmt;\n\nfn new(_: &dyn fmt::Debug) {}\n"),
        ("src/lib.rs", "mod a;\nmod c;\n"),
        ("src/c.rs", "fn c() {}\n"),
    ];
    let shown = leads(&base, &target, &["given src"]);
    let blocks: Vec<(&str, &[String])> =
        shown.iter().map(|s| (s.file.as_str(), s.items.as_slice())).collect();
    let expected: [(&str, &[String]); 4] = [
        ("src/a.rs", &["old".to_owned()]),
        ("src/a/b.rs", &["new".to_owned()]),
        ("src/c.rs", &["c".to_owned()]),
        ("src/lib.rs", &[]),
    ];
    assert_eq!(blocks, expected);
    assert!(shown.iter().all(|s| s.verb == Verb::Given && s.height() == 0));
    let [a, b, c, lib] = &shown[..] else { panic!("{shown:?}") };
    assert_eq!(
        texts(a),
        ["fn old() {}", "fn old() {", "    b::new();", "}", "fn gone() {}"]
    );
    assert_eq!((a.rides[0].modules(Sign::Added), a.rides[0].added), (1, 0));
    assert_eq!(texts(b), ["fn new(_: &dyn fmt::Debug) {}"]);
    assert_eq!((b.rides[0].added, c.rides.len()), (1, 0));
    assert_eq!(lib.rides[0].modules(Sign::Added), 1);
}

#[test]
fn given_items_come_with_their_imports_and_the_rest_is_typed() {
    let base = [("src/lib.rs", "fn a() {}\n")];
    let text = "//! B.\n\nuse std::fmt;\n\nstruct B;\n\nimpl fmt::Debug for B {}\n\nfn typed() {}\n";
    let target = [("src/b.rs", text), ("src/lib.rs", "mod b;\n\nfn a() {}\n")];
    let steps = ["given src/b.rs#B, impl Debug for B", "add src/b.rs#typed"];
    let shown = leads(&base, &target, &steps);
    assert_eq!(shown[0].items, ["B", "impl Debug for B"]);
    let rides: Vec<&str> = shown[0].rides.iter().map(|r| r.file.as_str()).collect();
    assert_eq!(rides, ["src/b.rs", "src/lib.rs"]);
    assert_eq!(texts(&shown[1]), ["fn typed() {}"]);
}

/// Whoever is given a file types what is left of it before.
#[test]
fn a_given_file_brings_what_is_left_of_it() {
    let target = [("src/lib.rs", "fn typed() {}\n\nfn given() {}\n")];
    let shown = leads(&[], &target, &["add src/lib.rs#typed", "given src/lib.rs"]);
    assert_eq!(shown[1].items, ["given"]);
}

#[test]
fn the_tests_of_given_code_are_revealed() {
    let inline = "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn it_runs() {}\n}\n";
    let target =
        [("src/a.rs", inline), ("tests/b.rs", "#[test]\nfn b_runs() {}\n")];
    let shown = leads(&[], &target, &["given src", "given tests"]);
    let verbs: Vec<&Verb> = shown.iter().map(|shown| &shown.verb).collect();
    assert_eq!(verbs, [&Verb::Given, &Verb::Revealed, &Verb::Revealed]);
    assert_eq!(texts(&shown[0]), ["fn a() {}"]);
    let names: Vec<&str> = shown
        .iter()
        .flat_map(|s| &s.tests)
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names, ["it_runs", "b_runs"]);
}

/// In a file that the reader has, a block says between which items it goes.
#[test]
fn a_new_item_says_where_it_goes() {
    let store = "pub struct Store;\n\nimpl Store {\n    pub fn load(\n        &self,\n    ) \
                 -> u8 {\n        0\n    }\n}\n\nfn last() {}\n";
    let save =
        "    }\n\n    /// Saves.\n    pub fn save() {}\n}\n\nfn middle() {}\n";
    let grown = store.replace("    }\n}\n", save);
    let steps = ["add a.rs#Store::save", "add a.rs#middle"];
    let shown = leads(&[("a.rs", store)], &[("a.rs", &grown)], &steps);
    let place = shown[0].place.clone().unwrap();
    assert_eq!(place.words, "inside `impl Store`, after `load`");
    assert_eq!(place.above.as_deref(), Some("    pub fn load( … }"));
    assert_eq!(place.below.as_deref(), Some("}"));
    let place = shown[1].place.clone().unwrap();
    assert_eq!(place.words, "after `impl Store`");
    assert_eq!(place.below.as_deref(), Some("fn last() {}"));

    let shown =
        leads(&[], &[("a.rs", store)], &["add a.rs#Store, impl Store, last"]);
    assert_eq!(shown[0].place, None, "a new file has no place inside");
}

/// What is copied is the new code alone.
#[test]
fn the_lines_around_a_block_are_not_part_of_its_text() {
    let grown = "fn a() {}\n\nfn b(_: &str) {\n    a();\n}\n\nfn c() -> Vec<u8> { vec![] }\n";
    let known = grown.replace("fn b(_: &str) {\n    a();\n}\n\n", "");
    let shown = leads(&[("a.rs", &known)], &[("a.rs", grown)], &["add a.rs#b"]);
    let html = Format::Html.shown(&shown[0]);
    assert!(
        html.contains("<span class=\"verb\">new, after <code>a</code></span>"),
        "{html}"
    );
    let above =
        "nohighlight\"><span class=\"beside\" data-line=\"fn a() {}\"></span>";
    assert!(html.contains(above), "{html}");
    let below =
        "data-line=\"fn c() -&gt; Vec&lt;u8&gt; { vec![] }\"></span></code>";
    assert!(html.contains(below), "{html}");
    let text = Format::Markdown.shown(&shown[0]);
    assert!(!text.contains("fn a()"), "{text}");
}

/// A function that is needed before its body can be written.
#[test]
fn a_stub_is_added_and_changed_later() {
    let text = "/// Runs.\nfn main() {\n    serve();\n}\n\nfn serve() {\n    answer();\n}\n\n\
                fn answer() {}\n";
    let steps = [
        "add a.rs#main",
        "stub a.rs#serve",
        "add a.rs#answer",
        "change a.rs#serve",
    ];
    let shown = leads(&[], &[("a.rs", text)], &steps);
    assert_eq!(shown[1].verb, Verb::Stubbed);
    assert_eq!(texts(&shown[1]), ["fn serve() {", "    todo!()", "}"]);
    let html = Format::Html.shown(&shown[1]);
    assert!(
        html.contains("new, its body comes later, after <code>main</code>"),
        "{html}"
    );
    assert_eq!(count(&shown[3].lines, Sign::Removed), 1);
}
