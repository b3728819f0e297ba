//! The book as readers get it: the site with its summary sheets, and one PDF file.

use std::fs;
use std::path::PathBuf;

use super::paper::{Browser, whole_book};
use super::sheets::{self, Sheet};
use super::{pages, site};
use crate::tally::Tally;
use crate::{Error, book, workspace};

const NO_BROWSER: &str = "no Chromium or Chrome was found. Install one; or build the \
    site with `cargo xtask book`, and print target/book/site/print.html from your \
    own browser";

/// Builds the site, with a summary sheet for each chapter that has a page.
///
/// # Errors
/// If the site cannot be built.
pub fn build() -> Result<Vec<Sheet>, Error> {
    pages::build_site()?;
    let repository = book::repository();
    let is_chapter = |name: &String| {
        let chapter = repository.chapter_of_page(name);
        chapter.is_some_and(|id| id.chars().all(|c| c.is_ascii_digit()))
    };
    let names: Vec<String> =
        repository.pages()?.into_iter().filter(is_chapter).collect();
    sheets::write(&names)
}

/// Builds the site, and prints all of it into one file, whose path it returns.
///
/// # Errors
/// If there is no browser that prints, or it fails.
pub fn pdf() -> Result<PathBuf, Error> {
    let browser = Browser::find().ok_or(NO_BROWSER)?;
    build()?;
    let (file, pages) = print_book(&browser)?;
    println!("{pages} pages");
    Ok(file)
}

fn print_book(browser: &Browser) -> Result<(PathBuf, usize), Error> {
    let html = whole_book()?;
    let file = workspace::root().join("target/book/book.pdf");
    let pages = browser.print(&html, &file)?;
    // It is no page of the site.
    fs::remove_file(html)?;
    Ok((file, pages))
}

/// Builds the site and checks it: the links of all pages, and the sheets. With a
/// browser that prints, also that each sheet fits on one page, and the PDF file.
///
/// # Errors
/// If the site cannot be built or printed.
pub fn check() -> Result<Tally, Error> {
    let sheets = build()?;
    let mut tally = Tally::default();
    let faults = site::faults(&site::folder())?;
    faults.iter().for_each(|fault| println!("{fault}"));
    tally.check("every link of the site leads somewhere", faults.is_empty());
    for sheet in &sheets {
        sheet.missing.iter().for_each(|fault| println!("{}: {fault}", sheet.name));
        let name = format!("{} has a summary sheet", sheet.name);
        tally.check(&name, sheet.missing.is_empty());
    }
    match Browser::find() {
        Some(browser) => tally += printed(&browser, &sheets)?,
        None => {
            println!("skipped the printed sheets and the PDF file: {NO_BROWSER}");
            tally.skipped += sheets.len() + 1;
        }
    }
    Ok(tally)
}

fn printed(browser: &Browser, sheets: &[Sheet]) -> Result<Tally, Error> {
    let folder = workspace::empty_folder("book/sheets")?;
    let mut tally = Tally::default();
    for sheet in sheets {
        let pdf = folder.join(format!("{}.pdf", sheet.name));
        let pages = browser.print(&sheet.file(), &pdf)?;
        let name = format!("the sheet of {} has 1 page: {pages}", sheet.name);
        tally.check(&name, pages == 1);
    }
    let (file, pages) = print_book(browser)?;
    let name = format!("the book is printed: {pages} pages in {}", file.display());
    // A cover, the contents, and more than a page for each chapter.
    tally.check(&name, pages > 2 + sheets.len());
    Ok(tally)
}
