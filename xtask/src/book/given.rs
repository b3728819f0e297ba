//! `cargo xtask given NN`: the given code of a reader's next step, laid into the
//! reader's copy, so that nobody copies it by hand.

use book_machine::figures;
use book_machine::lay;
use book_machine::lines::Sign;
use book_machine::page::Gift;
use book_machine::tree::Tree;

use super::git;
use super::workshop::{commit, mine, page_of, readers_crate, with_workspace};
use crate::{Error, book};

/// Lays the next given code into `work/NN`, and commits what the reader has before.
pub fn run(chapter: &str) -> Result<(), Error> {
    let chapter = book::chapter(chapter)?;
    let repository = book::repository();
    let folder = mine(&chapter)?;
    let page = page_of(&repository, &chapter)?;
    let base = repository.start_of(&chapter)?;
    let target = Tree::read(&chapter.folder)?;
    let reader = readers_crate(&folder)?;
    let Some(laid) = lay::next(&page, &base, &target, &reader)? else {
        println!("Chapter {} gives nothing that you do not have.", chapter.id);
        return Ok(());
    };
    if !git::read(&folder, &["status", "--porcelain"])?.is_empty() {
        commit(&folder, "My work so far")?;
    }
    with_workspace(&repository, &laid.tree)?.write(&folder)?;
    let step = laid.gift.step.as_deref().unwrap_or("the beginning");
    commit(&folder, &format!("Given for {step}"))?;
    report(&laid.gift);
    Ok(())
}

/// Says what was laid: files, items and lines.
pub(super) fn report(gift: &Gift<'_>) {
    match &gift.step {
        Some(step) => println!("Given for {step}:"),
        None => println!("Given:"),
    }
    for block in &gift.blocks {
        let lines = figures::count(&block.lines, Sign::Added);
        let items = match block.items.is_empty() {
            true => String::new(),
            false => format!(": {}", block.items.join(", ")),
        };
        println!("  {}, {}{items}", block.file, figures::amount(lines));
    }
}
