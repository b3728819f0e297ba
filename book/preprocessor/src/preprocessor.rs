//! What mdBook asks for: a chapter with its directives answered.

use crate::page::Page;
use crate::render::Format;
use crate::repository::Repository;

/// The page `name` with its directives answered. What is wrong becomes a red box,
/// and a line on standard error.
pub fn answer(
    repository: &Repository,
    name: &str,
    source: &str,
    format: Format,
) -> String {
    let page = Page::of(repository, name, source);
    page.problems.iter().for_each(|problem| eprintln!("{problem}"));
    page.render(repository, format)
}
