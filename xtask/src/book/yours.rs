//! `cargo xtask yours [NN]`: proves the items that a page leaves to its reader, or runs
//! their tests on the reader's crate.

use std::path::Path;

use book_machine::outline::Outline;
use book_machine::page::Page;
use book_machine::tree::Tree;
use book_machine::yours::Yours;

use super::workshop;
use crate::process::succeeds;
use crate::tally::Tally;
use crate::workspace::cargo;
use crate::{Error, book};

/// Proves those of all pages: red with a stub, green with the book's body.
pub fn prove() -> Result<Tally, Error> {
    let repository = book::repository();
    let mut tally = Tally::default();
    for name in repository.pages()? {
        let Some(id) = repository.chapter_of_page(&name) else { continue };
        let page = Page::read(&repository, &name)?;
        let target = Tree::read(&repository.chapter(&id)?.folder)?;
        for yours in &page.yours {
            let proof = yours.prove(&repository, &target);
            if let Err(message) = &proof {
                println!("{name}:{}: {message}", yours.line);
            }
            tally.check(&format!("yours {id}: {}", title(yours)), proof.is_ok());
        }
    }
    Ok(tally)
}

/// Runs the tests of one page on the reader's crate, as far as it has come.
pub fn mine(chapter: &str) -> Result<Tally, Error> {
    let chapter = book::chapter(chapter)?;
    let repository = book::repository();
    let folder = workshop::mine(&chapter)?;
    let page = workshop::page_of(&repository, &chapter)?;
    let target = Tree::read(&chapter.folder)?;
    let reader = workshop::readers_crate(&folder)?;
    let mut tally = Tally::default();
    for yours in &page.yours {
        if !is_there(yours, &reader) {
            println!("{} is not in your crate yet", title(yours));
            continue;
        }
        yours.with_tests(&Tree::default(), &target).write(&folder)?;
        tally.check(&title(yours), run(yours, &folder)?);
    }
    match tally.total() {
        0 => Err("write it first: the page says where".into()),
        _ => Ok(tally),
    }
}

fn run(yours: &Yours, folder: &Path) -> Result<bool, Error> {
    let mut test = cargo();
    test.current_dir(folder).args(yours.arguments());
    succeeds(&mut test)
}

fn is_there(yours: &Yours, reader: &Tree) -> bool {
    let Some(text) = reader.get(&yours.at.file) else { return false };
    // What does not parse is for the compiler to explain.
    let Ok(outline) = Outline::parse(&yours.at.file, text) else { return true };
    yours.at.items.iter().all(|name| outline.find(name).is_ok())
}

fn title(yours: &Yours) -> String {
    match yours.at.items.is_empty() {
        true => yours.at.file.clone(),
        false => yours.at.items.join(", "),
    }
}
