//! Building, serving, checking and replaying pages.

use std::path::{Path, PathBuf};
use std::process::Command;

use book_machine::check;
use book_machine::page::Page;

use testkit::programs::find;

use super::{publish, site};
use crate::process::succeeds;
use crate::tally::Tally;
use crate::workspace::{self, cargo};
use crate::{Error, book, rules};

const MANIFEST: &str = "book/preprocessor/Cargo.toml";

/// One of the machine's own programs, built in a target folder of its own so that
/// no other build holds it up.
fn machine(feature: &str, program: &str) -> Command {
    let mut command = cargo();
    command.args(["run", "--locked", "--manifest-path", MANIFEST]);
    command.args(["--features", feature, "--bin", program, "--"]);
    command.arg(workspace::root());
    command
}

/// Builds the site as mdBook makes it.
///
/// # Errors
/// If it cannot be built.
pub(super) fn build_site() -> Result<(), Error> {
    match succeeds(machine("driver", "book").arg("build"))? {
        true => Ok(()),
        false => Err("the book was not built".into()),
    }
}

/// Builds the book, and shows it in the reader's browser if asked to.
pub fn build(open: bool) -> Result<(), Error> {
    publish::build()?;
    if open {
        show(&site::folder().join("index.html"))?;
    }
    Ok(())
}

/// Shows a file in the reader's browser.
fn show(file: &Path) -> Result<(), Error> {
    let browser = ["open", "xdg-open", "wslview"].into_iter().find_map(find);
    let browser = browser.ok_or("no browser found: open the file yourself")?;
    succeeds(Command::new(browser).arg(file))?;
    Ok(())
}

/// Prints the book to one file.
pub fn pdf(open: bool) -> Result<(), Error> {
    let file = publish::pdf()?;
    println!("{}", file.display());
    if open {
        show(&file)?;
    }
    Ok(())
}

/// Serves the book until it is interrupted.
pub fn serve() -> Result<(), Error> {
    succeeds(machine("driver", "book").arg("serve"))?;
    Ok(())
}

/// Everything that must hold for the pages.
pub fn check() -> Result<Tally, Error> {
    let mut tally = Tally::default();
    let held = succeeds(&mut machine("spelling", "check"))?;
    tally.check("the pages of the book", held);
    if let Some(path) = page_of_rules()? {
        let is_current = std::fs::read_to_string(path)? == rules::page()?;
        tally.check("the page of rules; or: cargo xtask bless", is_current);
    }
    Ok(tally)
}

/// Where the page of rules is, if the book has one.
pub(super) fn page_of_rules() -> Result<Option<PathBuf>, Error> {
    let repository = book::repository();
    let has_one = repository.pages()?.iter().any(|name| name == rules::PAGE);
    Ok(has_one.then(|| repository.book().join("src").join(rules::PAGE)))
}

/// Takes the steps of the pages of some chapters, or of all that have a page.
pub fn replay(chapters: &[String]) -> Result<Tally, Error> {
    let repository = book::repository();
    let wanted: Vec<String> = chapters
        .iter()
        .map(|name| Ok(book::chapter(name)?.id))
        .collect::<Result<_, Error>>()?;
    let mut tally = Tally::default();
    for name in repository.pages()? {
        let Some(id) = repository.chapter_of_page(&name) else { continue };
        if !wanted.is_empty() && !wanted.contains(&id) {
            continue;
        }
        let page = Page::read(&repository, &name)?;
        let mut problems = page.problems.clone();
        problems.extend(check::checkpoints(&repository, &page));
        problems.iter().for_each(|problem| println!("{problem}"));
        let checkpoints = page.checkpoints.len();
        let title = format!(
            "{name}: replay equals chapter {id}, {checkpoints} checkpoints"
        );
        tally.check(&title, problems.is_empty());
    }
    if tally.total() == 0 {
        return Err("no page of that chapter in SUMMARY.md".into());
    }
    Ok(tally)
}
