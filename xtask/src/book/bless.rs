//! `cargo xtask bless`: accepts what changed. Recordings that a test has found to be
//! different, diagrams whose text has changed, generated pages, expanded pages.

use std::path::{Path, PathBuf};
use std::process::Command;

use book_machine::diagram::{self, Diagram};
use book_machine::repository::Repository;
use book_machine::{check, expanded};

use super::pages::page_of_rules;
use super::reference;
use crate::process::succeeds;
use crate::tally::Tally;
use crate::workspace;
use crate::{Error, book, rules};

/// What draws. Built when there is something to draw.
pub const DRAWING: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../book/drawing/Cargo.toml");

/// Where insta puts what differs.
const SNAPSHOTS: [&str; 2] = ["book/recordings", "tests/tests/snapshots"];

/// Accepts everything, or nothing if chapters disagree. A page with an error is not
/// accepted.
pub fn run() -> Result<Tally, Error> {
    let mut tally = Tally::default();
    let disputed = disagreements(workspace::root())?;
    for message in &disputed {
        println!("{message}");
        tally.check("the chapters of a range agree", false);
    }
    if !disputed.is_empty() {
        println!("nothing was accepted: mend a chapter, or declare the change");
        return Ok(tally);
    }
    for file in accept(workspace::root())? {
        println!("accepted: {}", file.display());
    }
    let repository = book::repository();
    draw(&repository)?;
    if let Some(path) = page_of_rules()? {
        std::fs::write(path, rules::page()?)?;
    }
    reference::write(&repository)?;
    let pages = check::pages(&repository)?;
    for page in &pages {
        page.problems.iter().for_each(|problem| println!("{problem}"));
        tally.check(&page.name, page.problems.is_empty());
    }
    if tally.failed == 0 {
        for name in expanded::bless(&repository, &pages)? {
            println!("accepted: book/expanded/{name}");
        }
    }
    Ok(tally)
}

/// What the ladder wrote down where two chapters of one range answer differently.
fn disagreements(root: &Path) -> Result<Vec<String>, Error> {
    let files = pending(root, "disagree");
    files.iter().map(|file| Ok(std::fs::read_to_string(file)?)).collect()
}

/// Puts every changed snapshot in the place of the old one.
fn accept(root: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut accepted = Vec::new();
    for new in pending(root, "snap.new") {
        let text = std::fs::read_to_string(&new)?;
        let old = new.with_extension("");
        std::fs::write(&old, without_line(&text))?;
        std::fs::remove_file(&new)?;
        accepted.push(old.strip_prefix(root).unwrap_or(&old).to_owned());
    }
    Ok(accepted)
}

/// A snapshot without the line of the assertion, which moves with every change of
/// the test above it.
fn without_line(text: &str) -> String {
    let Some((head, body)) = text.split_once("\n---\n") else { return text.into() };
    let kept = head.lines().filter(|line| !line.starts_with("assertion_line:"));
    let kept: Vec<&str> = kept.collect();
    format!("{}\n---\n{body}", kept.join("\n"))
}

fn pending(root: &Path, ending: &str) -> Vec<PathBuf> {
    let folders = SNAPSHOTS.iter().map(|folder| root.join(folder));
    folders.flat_map(|folder| files(&folder, ending)).collect()
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(&format!(".{ending}")) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The cargo that builds what draws.
pub fn drawing() -> Command {
    workspace::cargo_into("drawing")
}

/// Draws what is not drawn yet, and removes drawings without a text.
fn draw(repository: &Repository) -> Result<(), Error> {
    let diagrams = Diagram::all(repository)?;
    let is_drawn = diagrams.iter().all(|diagram| diagram.problem().is_none());
    if is_drawn && diagram::forgotten(repository, &diagrams).is_empty() {
        return Ok(());
    }
    let mut drawing = drawing();
    drawing.args(["run", "--locked", "--quiet", "--manifest-path", DRAWING, "--"]);
    match succeeds(drawing.arg(workspace::root()))? {
        true => Ok(()),
        false => Err("the diagrams were not drawn".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "---\nsource: a.rs\n---\n< 200 OK\n";
    const NEW: &str = "---\nsource: a.rs\nassertion_line: 7\n---\n< 404 Gone\n";

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for snapshots in SNAPSHOTS {
            let path = folder.path().join(snapshots).join("03");
            std::fs::create_dir_all(&path).expect("a folder");
            std::fs::write(path.join("x.snap"), OLD).expect("a snapshot");
        }
        folder
    }

    #[test]
    fn a_changed_recording_takes_the_place_of_the_old_one() {
        let folder = folder();
        let path = folder.path().join("book/recordings/03/x.snap");
        std::fs::write(path.with_extension("snap.new"), NEW).expect("a change");
        let accepted = accept(folder.path()).expect("accepted");
        assert_eq!(accepted, [Path::new("book/recordings/03/x.snap")]);
        let text = std::fs::read_to_string(path).expect("a snapshot");
        assert_eq!(text, "---\nsource: a.rs\n---\n< 404 Gone\n");
        assert!(accept(folder.path()).expect("nothing").is_empty());
    }

    #[test]
    fn chapters_that_disagree_are_found() {
        let folder = folder();
        assert!(disagreements(folder.path()).expect("read").is_empty());
        let path = folder.path().join("tests/tests/snapshots/03/x.disagree");
        std::fs::write(path, "chapters 03 and 04 disagree").expect("a note");
        let found = disagreements(folder.path()).expect("read");
        assert_eq!(found, ["chapters 03 and 04 disagree"]);
    }
}
