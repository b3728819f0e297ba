//! `cargo xtask workshop NN`: a reader's own copy of what a page begins with.

use std::path::{Path, PathBuf};

use book_machine::attempt::Differences;
use book_machine::lines::{self, around};
use book_machine::page::Page;
use book_machine::repository::{Chapter, Repository};
use book_machine::tree::Tree;
use book_machine::{attempt, lay, rescue, standalone};

use super::export::settle_versions;
use super::{git, given};
use crate::{Error, book, workspace};

/// All workshops share what they have compiled, and `cargo xtask` works inside them.
const SHARED: &str = "\
[build]
target-dir = \"../../target/workshop\"

[alias]
xtask = \"run --quiet --manifest-path ../../Cargo.toml \
--target-dir ../../target --package xtask --\"
";

/// Makes `work/NN`: a crate, a workspace and a git repository of its own.
pub fn open(chapter: &str) -> Result<(), Error> {
    let chapter = book::chapter(chapter)?;
    let repository = book::repository();
    let folder = place(&chapter);
    if folder.exists() {
        let shown = folder.display();
        return Err(format!(
            "{shown} is there already; move it away to begin anew"
        )
        .into());
    }
    let start = repository.start_of(&chapter)?;
    let page = page_of(&repository, &chapter)?;
    let target = Tree::read(&chapter.folder)?;
    let laid = lay::next(&page, &start, &target, &start)?;
    // What the page gives before anything is typed.
    let first = laid.filter(|laid| laid.gift.is_first);
    let tree = first.as_ref().map_or(&start, |laid| &laid.tree);
    with_workspace(&repository, tree)?.write(&folder)?;
    let root = workspace::root();
    for file in ["Cargo.lock", "rustfmt.toml"] {
        std::fs::copy(root.join(file), folder.join(file))?;
    }
    std::fs::write(folder.join(".gitignore"), "/target\n/.cargo\n")?;
    std::fs::create_dir_all(folder.join(".cargo"))?;
    std::fs::write(folder.join(".cargo/config.toml"), SHARED)?;
    // Before the first page there is no source yet, and cargo wants one.
    if folder.join("src").is_dir() {
        settle_versions(&folder)?;
    }
    git::read(&folder, &["init", "--quiet", "--initial-branch", "main"])?;
    commit(&folder, "What the page begins with")?;
    if let Some(first) = first {
        given::report(&first.gift);
    }
    println!(
        "{} is yours; begin with the page of chapter {1}, and end with\n\
         cargo xtask check {1} --mine",
        folder.display(),
        chapter.id
    );
    Ok(())
}

/// Saves the reader's attempt on a branch and lays the next checkpoint over it.
pub fn rescue(chapter: &str) -> Result<(), Error> {
    let chapter = book::chapter(chapter)?;
    let repository = book::repository();
    let folder = mine(&chapter)?;
    let page = page_of(&repository, &chapter)?;
    let (base, target) =
        (repository.start_of(&chapter)?, Tree::read(&chapter.folder)?);
    let reader = readers_crate(&folder)?;
    let Some(rescue) = rescue::next(&page, &base, &target, &reader) else {
        let id = &chapter.id;
        println!("You have the whole chapter: cargo xtask check {id} --mine");
        return Ok(());
    };
    let branch = free_branch(&folder)?;
    git::read(&folder, &["checkout", "--quiet", "-b", &branch])?;
    commit(&folder, "My attempt")?;
    git::read(&folder, &["checkout", "--quiet", "main"])?;
    // The reader's files that the chapter does not touch come along.
    git::read(&folder, &["checkout", "--quiet", &branch, "--", "."])?;
    for file in reader.files.keys().filter(|f| !rescue.tree.files.contains_key(*f))
    {
        std::fs::remove_file(folder.join(file))?;
    }
    with_workspace(&repository, &rescue.tree)?.write(&folder)?;
    let name = match rescue.checkpoint == rescue.of {
        true => "the end of the chapter".to_owned(),
        false => format!("checkpoint {} of {}", rescue.checkpoint, rescue.of),
    };
    commit(&folder, &format!("Rescue: {name}"))?;
    report(&attempt::compare(&reader, &rescue.tree)?);
    println!("You are at {name}. Your attempt is on the branch {branch}.");
    Ok(())
}

/// What the rescue has changed, by item.
fn report(differences: &Differences) {
    for (place, lines) in &differences.changed {
        println!("\n== {place}: yours -, the book's +");
        print!("{}", lines::plain(&around(lines, 2)));
    }
    for (title, names) in
        [("new for you", &differences.missing), ("only yours", &differences.extra)]
    {
        names.iter().for_each(|name| println!("{title}: {name}"));
    }
    if *differences == Differences::default() {
        println!("Your code is the book's; only the tests are new.");
    }
}

/// The reader's crate, which must be there.
pub fn mine(chapter: &Chapter) -> Result<PathBuf, Error> {
    let folder = place(chapter);
    match folder.is_dir() {
        true => Ok(folder),
        false => {
            let id = &chapter.id;
            let help = format!("there is no work/{id}: cargo xtask workshop {id}");
            Err(help.into())
        }
    }
}

fn place(chapter: &Chapter) -> PathBuf {
    workspace::root().join("work").join(&chapter.id)
}

pub(super) fn page_of(
    repository: &Repository,
    chapter: &Chapter,
) -> Result<Page, Error> {
    let is_it = |name: &String| {
        repository.chapter_of_page(name).as_ref() == Some(&chapter.id)
    };
    let name = repository.pages()?.into_iter().find(is_it);
    let name = name.ok_or_else(|| format!("chapter {} has no page", chapter.id))?;
    Ok(Page::read(repository, &name)?)
}

/// The reader's crate as the book knows it.
pub(super) fn readers_crate(folder: &Path) -> Result<Tree, Error> {
    let mut tree = Tree::read(folder)?;
    tree.files.remove("rustfmt.toml");
    if let Some(manifest) = tree.files.get_mut("Cargo.toml") {
        *manifest = standalone::chapter_manifest(manifest);
    }
    Ok(tree)
}

pub(super) fn with_workspace(
    repository: &Repository,
    tree: &Tree,
) -> Result<Tree, Error> {
    let mut tree = tree.clone();
    if let Some(manifest) = tree.files.get_mut("Cargo.toml") {
        *manifest = standalone::workshop_manifest(repository, manifest)?;
    }
    Ok(tree)
}

fn free_branch(folder: &Path) -> Result<String, Error> {
    let known = git::read(folder, &["branch", "--format", "%(refname:short)"])?;
    let free =
        |count: &usize| !known.lines().any(|b| b == format!("attempt-{count}"));
    let count = (1..).find(free).unwrap_or(1);
    Ok(format!("attempt-{count}"))
}

pub(super) fn commit(folder: &Path, message: &str) -> Result<(), Error> {
    git::read(folder, &["add", "--all"])?;
    // Not every reader has told git a name.
    let name = ["-c", "user.name=Reader", "-c", "user.email=reader@localhost"];
    let rest = ["commit", "--quiet", "--allow-empty", "--no-verify", "-m", message];
    git::read(folder, &[&name[..], &rest[..]].concat())?;
    Ok(())
}
