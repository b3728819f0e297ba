//! What a chapter adds to the table of what each chapter can do.

use crate::repository::Repository;

/// The page with the table. Its header names the chapters, and a row has a mark
/// where a chapter can do what its first cell says.
const PAGE: &str = "behaviour.md";

/// The capabilities of chapter `id` that the chapter before does not have.
pub fn gains(repository: &Repository, id: &str) -> Vec<String> {
    let source = repository.page(PAGE).unwrap_or_default();
    let mut rows = source.lines().map(cells).skip_while(|cells| cells.is_empty());
    let header = rows.next().unwrap_or_default();
    let Some(column) = header.iter().position(|cell| cell == id) else {
        return Vec::new();
    };
    let marked = |cells: &[String], column: usize| {
        column > 0 && cells.get(column).is_some_and(|cell| !cell.is_empty())
    };
    let inside = rows.take_while(|cells| !cells.is_empty());
    let body = inside.filter(|cells| !cells[0].starts_with('-'));
    body.filter(|cells| {
        marked(cells, column) && (column == 1 || !marked(cells, column - 1))
    })
    .map(|cells| cells[0].clone())
    .collect()
}

/// The sentence about them, with a link to the table from the page `from`.
pub fn sentence(gains: &[String], from: &str) -> String {
    if gains.is_empty() {
        return String::new();
    }
    let up = "../".repeat(from.matches('/').count());
    let list: String = gains.iter().map(|gain| format!("- {gain}\n")).collect();
    format!("New in [what each chapter can do]({up}{PAGE}):\n\n{list}\n")
}

fn cells(line: &str) -> Vec<String> {
    let inside =
        line.trim().strip_prefix('|').and_then(|rest| rest.strip_suffix('|'));
    let cells =
        inside.map(|inside| inside.split('|').map(|cell| cell.trim().to_owned()));
    cells.into_iter().flatten().collect()
}
