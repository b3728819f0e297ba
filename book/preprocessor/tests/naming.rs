//! The names by which a page calls items, and what rides along.

#![allow(clippy::unwrap_used)]

use book_machine::imports::{Progress, ride};
use book_machine::outline::Outline;
use book_machine::tree::Tree;

const SOURCE: &str = "\
//! Docs.

use std::fmt;

/// A store.
pub trait Store<T> {
    /// Loads.
    fn load(&self) -> T;
}

// Kept apart.

/// An engine.
pub struct Engine<S> {
    store: S,
}

impl<S: Store<u32>> Engine<S> {
    fn run(&self) {}
}

impl<S> Engine<S> {
    fn stop(&self) {}
}

impl From<&str> for Engine<u32> {
    fn from(_: &str) -> Self {
        Engine { store: 1 }
    }
}

macro_rules! twice {
    ($e:expr) => {
        ($e, $e)
    };
}

fn engine() {}

mod tests {
    use super::*;

    #[test]
    fn it_runs() {}
}
";

fn text(name: &str) -> String {
    let outline = Outline::parse("x.rs", SOURCE).unwrap();
    let paths = outline.find(name).unwrap();
    paths.iter().map(|path| outline.get(path).unwrap().text()).collect()
}

#[test]
fn items_are_found_by_the_names_of_the_page() {
    for (name, first) in [
        ("Store", "/// A store."),
        ("Store::load", "    /// Loads."),
        ("Engine", "// Kept apart."),
        ("struct Engine", "// Kept apart."),
        ("Engine::run", "    fn run"),
        ("Engine::stop", "    fn stop"),
        ("impl Engine", "impl<S: Store<u32>> Engine<S> {"),
        ("impl Engine (2)", "impl<S> Engine<S> {"),
        ("impl From<&str> for Engine", "impl From<&str>"),
        ("impl From<&str> for Engine::from", "    fn from"),
        ("twice!", "macro_rules! twice"),
        ("fn engine", "fn engine"),
        ("mod tests", "mod tests {"),
        ("tests::it_runs", "    #[test]"),
        ("docs", "//! Docs."),
        ("head", "//! Docs."),
    ] {
        assert!(text(name).starts_with(first), "{name}: {}", text(name));
    }
}

#[test]
fn an_unknown_name_is_answered_with_the_likeliest() {
    let outline = Outline::parse("x.rs", SOURCE).unwrap();
    let error = outline.find("Engine::runs").unwrap_err();
    assert_eq!(error.valid[0], "Engine::run");
}

#[test]
fn tables_entries_and_paragraphs_have_names() {
    let manifest = "[package]\nname = \"x\"\n\n[dependencies]\n# Why.\ntokio = { version = \"1\", features = [\n    \"net\",\n] }\n";
    let outline = Outline::parse("Cargo.toml", manifest).unwrap();
    let path = &outline.find("dependencies.tokio").unwrap()[0];
    assert_eq!(outline.get(path).unwrap().lines.len(), 4);

    let script = "-- Adds one.\nlocal n = 1\n\n-- Answers.\nreturn n\n";
    let outline = Outline::parse("x.lua", script).unwrap();
    let path = &outline.find("Answers").unwrap()[0];
    assert_eq!(outline.get(path).unwrap().text(), "-- Answers.\nreturn n\n");
    assert!(outline.find("n").is_err());
}

fn ridden(now: &str, target: &str, progress: Progress) -> String {
    let tree = |text: &str| {
        let mut tree = Tree::default();
        tree.files.insert("src/lib.rs".into(), text.into());
        tree.files.insert("src/there.rs".into(), "struct Thing;\n".into());
        tree
    };
    let (now, target) = (tree(now), tree(target));
    let text = ride("src/lib.rs", &now, &target, progress).unwrap();
    text.unwrap_or_else(|| now.get("src/lib.rs").unwrap().to_owned())
}

#[test]
fn an_import_comes_when_its_name_is_used_and_not_before() {
    let target = "\
use std::fmt;
use std::sync::{Arc, Mutex};

fn a(_: Arc<u8>) {}

fn b(_: Mutex<u8>, _: fmt::Error) {}
";
    // The group comes as a whole, so that it is written once.
    let first = ridden("fn a(_: Arc<u8>) {}\n", target, Progress::Begun);
    assert_eq!(first, "use std::sync::{Arc, Mutex};\n\nfn a(_: Arc<u8>) {}\n");
}

#[test]
fn of_a_group_only_what_is_there_is_imported() {
    let target = "use crate::there::{Absent, Thing};\n\nfn a(_: Thing) {}\n\nfn b(_: Absent) {}\n";
    let now = "fn a(_: Thing) {}\n";
    let first = ridden(now, target, Progress::Begun);
    assert_eq!(first, "use crate::there::Thing;\n\nfn a(_: Thing) {}\n");
    let both = format!("{first}\nfn b(_: Absent) {{}}\n");
    let done = ridden(&both, target, Progress::Done);
    assert!(done.starts_with("use crate::there::{Absent, Thing};\n\n"), "{done}");
}

#[test]
fn an_old_group_stays_as_it_is_until_a_new_name_is_needed() {
    let old = "use std::fmt::{Debug, Display};\n\nfn a(_: &dyn Debug) {}\n";
    let target = "use std::fmt::{Debug, Write};\n\nfn a(_: &dyn Debug) {}\n\nfn b(_: &dyn Write) {}\n";
    assert_eq!(ridden(old, target, Progress::Begun), old);
    let now = format!("{old}\nfn b(_: &dyn Write) {{}}\n");
    assert_eq!(ridden(&now, target, Progress::Begun), target);
}

#[test]
fn an_import_goes_when_nothing_uses_it_any_more() {
    let target = "fn a() {}\n";
    let old = "use std::fmt;\n\nfn a() {}\n\nfn b(_: fmt::Error) {}\n";
    assert_eq!(ridden(old, target, Progress::Begun), old);
    let without = "use std::fmt;\n\nfn a() {}\n";
    assert_eq!(ridden(without, target, Progress::Begun), target);
    assert_eq!(
        ridden(old, target, Progress::Done),
        old.replace("use std::fmt;\n\n", "")
    );
}

#[test]
fn a_module_line_comes_with_its_file_and_brings_what_it_exports() {
    let target = "mod absent;\nmod there;\n\npub use there::Thing;\n\nfn a() {}\n";
    let now = "fn a() {}\n";
    let expected = "mod there;\n\npub use there::Thing;\n\nfn a() {}\n";
    assert_eq!(ridden(now, target, Progress::Untouched), expected);
}

#[test]
fn a_file_that_no_step_touches_keeps_its_imports() {
    let now = "use std::fmt;\n\nfn a() {}\n";
    assert_eq!(ridden(now, "fn a() {}\n", Progress::Untouched), now);
}
