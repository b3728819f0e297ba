//! The pages that are made from the server itself: errors, settings, parts.

use std::process::Command;

use book_machine::repository::Repository;

use crate::Error;
use crate::process::succeeds;
use crate::workspace::{Profile, build, root};

/// Those that the package `reference` writes. Its tests compare them.
const PAGES: [&str; 3] = ["errors.md", "settings.md", "parts.md"];

/// Writes them anew, if the book has them.
pub fn write(repository: &Repository) -> Result<(), Error> {
    let pages = repository.pages()?;
    if !PAGES.iter().any(|name| pages.iter().any(|page| page == name)) {
        return Ok(());
    }
    let program = build("reference", "reference", Profile::Dev)?;
    match succeeds(Command::new(program).current_dir(root()))? {
        true => Ok(()),
        false => Err("the pages of reference were not written".into()),
    }
}
