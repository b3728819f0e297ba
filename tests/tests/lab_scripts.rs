//! The scripts of the book's pages, run through the lab as a reader does with
//! `--script`. What the lab prints is what the pages show.
//!
//! `INSTA_UPDATE=always cargo test -p suite --test lab_scripts` records them anew.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};

use suite::climb::chapters::root;
use suite::console::LabBuilder;
use suite::recorder::book;

/// How the first line of a script begins: the command that starts its lab.
const START: &str = "# cargo xtask lab ";

/// The scripts of one chapter's page.
fn scripts(chapter: &str) -> Vec<PathBuf> {
    let folder = root().join("book/recordings").join(chapter);
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    let paths = entries.map(|entry| entry.path());
    let is_script =
        |path: &PathBuf| path.extension().is_some_and(|end| end == "lab");
    let mut scripts: Vec<PathBuf> = paths.filter(is_script).collect();
    scripts.sort();
    assert!(!scripts.is_empty(), "no script for chapter {chapter}");
    scripts
}

/// The crate in `chapters/` that is meant by `05` or `05-naive`.
fn folder_of(name: &str) -> String {
    let overlay = format!("overlays/{name}");
    let chapters = root().join("chapters");
    if chapters.join(&overlay).is_dir() {
        return overlay;
    }
    let all = std::fs::read_dir(chapters).unwrap().flatten();
    let names = all.map(|entry| entry.file_name().into_string().unwrap());
    let is_meant = |folder: &String| folder.starts_with(&format!("{name}-"));
    names.into_iter().find(is_meant).unwrap_or_else(|| panic!("no chapter {name}"))
}

/// Runs a script in the lab that its first line asks for.
fn run(script: &Path) -> String {
    let text = std::fs::read_to_string(script).unwrap();
    let start = text.lines().next().and_then(|line| line.strip_prefix(START));
    let start = start.expect("the first line starts the lab");
    let words: Vec<&str> = start.split_whitespace().collect();
    let builder = LabBuilder::of(&folder_of(words[0])).arguments(&words[1..]);
    let ran = builder.run_file(script);
    assert!(ran.success, "{}\n{}{}", script.display(), ran.text, ran.errors);
    ran.text
}

/// Gives a lost update a name: how many calculations of a hammer are lost is chance,
/// and that some are lost is not.
fn steady(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let parts = line.split_once(" answered 200, total ");
        let numbers = parts.map(|(sent, total)| (sent.parse(), total.parse()));
        match numbers {
            Some((Ok::<u64, _>(sent), Ok::<u64, _>(total))) if total < sent => {
                format!("{sent} answered 200, total [fewer than {sent}]\n")
            }
            _ => format!("{line}\n"),
        }
    });
    lines.collect()
}

fn keep_all(chapter: &str) {
    for script in scripts(chapter) {
        let name = script.file_name().unwrap().to_string_lossy().into_owned();
        book::keep(&root(), &format!("{chapter}/{name}"), &steady(&run(&script)));
    }
}

#[test]
fn page_03_shows_what_the_lab_prints() {
    keep_all("03");
}

#[test]
fn page_04_shows_what_the_lab_prints() {
    keep_all("04");
}

#[test]
fn page_05_shows_what_the_lab_prints() {
    keep_all("05");
}

#[test]
fn page_06_shows_what_the_lab_prints() {
    keep_all("06");
}

#[test]
fn only_a_total_with_lost_calculations_is_named() {
    let lost = "lab> x\n100 answered 200, total 72\n";
    assert_eq!(steady(lost), "lab> x\n100 answered 200, total [fewer than 100]\n");
    let complete = "100 answered 200, total 100\nlab> y\n";
    assert_eq!(steady(complete), complete);
}
