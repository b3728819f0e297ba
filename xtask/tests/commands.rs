//! Every block of commands that a reader pastes, in bash and in zsh.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use book_machine::commands::{self, Commands};
use book_machine::repository::Repository;
use testkit::programs::ensure_installed;

/// The README, the guide for contributors and all pages, with their blocks.
fn pages() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |path: PathBuf| std::fs::read_to_string(path).unwrap();
    let beside = ["README.md", "CONTRIBUTING.md"];
    let beside = beside.map(|name| (name.to_owned(), read(root.join(name))));
    let repository = Repository::new(&root);
    let pages = repository.markdown().into_iter();
    let pages = pages.map(|name| (name.clone(), repository.page(&name).unwrap()));
    beside.into_iter().chain(pages).collect()
}

/// What the shell has to say about a block that it only reads.
fn complaint(shell: &Path, block: &Commands) -> Option<String> {
    let mut reading = Command::new(shell)
        .arg("-n")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    reading.stdin.take().unwrap().write_all(block.text.as_bytes()).unwrap();
    let output = reading.wait_with_output().unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    (!output.status.success()).then_some(words)
}

#[test]
fn both_shells_can_read_every_block() {
    let pages = pages();
    let blocks: Vec<(&str, Commands)> = pages
        .iter()
        .flat_map(|(name, text)| {
            commands::blocks(text).into_iter().map(|block| (name.as_str(), block))
        })
        .collect();
    assert!(blocks.len() > 40, "{} blocks", blocks.len());
    for shell in ["bash", "zsh"] {
        let shell = ensure_installed(shell).unwrap();
        for (page, block) in &blocks {
            let complaint = complaint(&shell, block);
            assert_eq!(complaint, None, "{shell:?}: {page}:{}", block.line);
        }
    }
}

/// The pages are the book check's; these two are not pages.
#[test]
fn the_commands_beside_the_book_paste_into_both_shells() {
    for (name, text) in pages().iter().take(2) {
        assert_eq!(commands::check(name, text), [], "{name}");
    }
}
