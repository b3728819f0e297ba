//! The figures in the book's pages.
//!
//! A page has blocks between comments. `<!-- bench: NAME; NAME -->` is followed by a
//! table of these figures, `<!-- bench-model: NAME -->` by one that is computed from
//! them, and both end with `<!-- /bench -->`. The tables are written here, and a test
//! compares them with the results: a page cannot say anything else.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::model;
use super::results;
use crate::Error;
use crate::workspace::root;

const END: &str = "<!-- /bench -->";

/// The pages with such blocks.
fn pages() -> [PathBuf; 1] {
    [root().join("book/src/scaling.md")]
}

/// Writes all tables anew.
pub fn write() -> Result<(), Error> {
    let results = results::read()?;
    for page in pages() {
        let text = fs::read_to_string(&page)?;
        fs::write(&page, filled(&text, &results)?)?;
    }
    Ok(())
}

/// A page's text with the tables as they must be.
fn filled(text: &str, results: &Value) -> Result<String, Error> {
    let mut page = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        page.push_str(line);
        page.push('\n');
        if let Some(table) = table(line, results)? {
            page.push_str(&table);
            lines.by_ref().find(|line| *line == END).ok_or("a block has no end")?;
            page.push_str(END);
            page.push('\n');
        }
    }
    Ok(page)
}

/// The table that belongs below a line, if one does.
fn table(line: &str, results: &Value) -> Result<Option<String>, Error> {
    let inside = |prefix| line.strip_prefix(prefix)?.strip_suffix(" -->");
    if let Some(names) = inside("<!-- bench: ") {
        return measured(names, results).map(Some);
    }
    let name = inside("<!-- bench-model: ");
    name.map(|name| model::table(name, results)).transpose()
}

fn measured(names: &str, results: &Value) -> Result<String, Error> {
    let mut table = String::from("\n| | median | smallest | largest | |\n");
    table.push_str("|---|---:|---:|---:|---|\n");
    for name in names.split("; ") {
        let figure = &results["figures"][name];
        let part = |part: &str| figure[part].as_f64().map(written);
        let [Some(median), Some(min), Some(max)] =
            ["median", "min", "max"].map(part)
        else {
            return Err(format!("there is no figure {name:?}").into());
        };
        let unit = match figure["unit"].as_str() {
            Some("ratio" | "1") | None => "",
            Some("1/s") => "per second",
            Some(unit) => unit,
        };
        let label = name.split_once(": ").map_or(name, |(_, label)| label);
        table.push_str(&format!(
            "| {label} | {median} | {min} | {max} | {unit} |\n"
        ));
    }
    table.push('\n');
    Ok(table)
}

/// As many digits as say something.
pub fn written(value: f64) -> String {
    match value.abs() {
        ..10.0 => format!("{value:.2}"),
        ..1000.0 => format!("{value:.0}"),
        _ => {
            let whole = format!("{value:.0}");
            let (high, low) = whole.split_at(whole.len() - 3);
            format!("{high},{low}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{filled, pages, results, written};

    #[test]
    fn the_pages_say_what_was_measured() {
        let results = results::read().unwrap();
        for page in pages() {
            let text = std::fs::read_to_string(&page).unwrap();
            let right = filled(&text, &results).unwrap();
            assert!(text == right, "{}: cargo xtask bench --plot", page.display());
        }
    }

    #[test]
    fn a_page_without_blocks_stays_as_it_is() {
        let text = "# A page\n\nWith a line.\n";
        assert_eq!(filled(text, &serde_json::Value::Null).unwrap(), text);
    }

    #[test]
    fn a_block_that_names_no_figure_is_an_error() {
        let text = "<!-- bench: none -->\n<!-- /bench -->\n";
        assert!(filled(text, &serde_json::Value::Null).is_err());
    }

    #[test]
    fn figures_are_written_with_the_digits_that_say_something() {
        let all = [0.6194, 12.34, 999.4, 1234.0, 76742.4].map(written);
        assert_eq!(all, ["0.62", "12", "999", "1,234", "76,742"]);
    }
}
