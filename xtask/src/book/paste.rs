//! `cargo xtask paste NN`: all code of a page in one file, by step, for a room that
//! pastes.

use book_machine::tree::Tree;

use super::workshop::page_of;
use crate::{Error, book, workspace};

/// Writes it to `work/paste/NN.md`.
pub fn run(chapter: &str) -> Result<(), Error> {
    let chapter = book::chapter(chapter)?;
    let page = page_of(&book::repository(), &chapter)?;
    let text = page.paste(&Tree::read(&chapter.folder)?)?;
    let folder = workspace::root().join("work/paste");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{}.md", chapter.id));
    std::fs::write(&file, text)?;
    println!("{}", file.display());
    Ok(())
}
