//! A reader's crate beside the book's, item by item. Their order, blank lines,
//! comments, imports and tests are the reader's own.

use std::collections::{BTreeMap, BTreeSet};

use crate::difference::is_tests;
use crate::lines::{Line, difference};
use crate::outline::{Kind, Node, Outline};
use crate::rustfmt::rustfmt;
use crate::tree::Tree;

/// What differs, by `FILE#ITEM` in the order of the files.
#[derive(Debug, Default, PartialEq)]
pub struct Differences {
    /// Items of both, with the lines of both.
    pub changed: Vec<(String, Vec<Line>)>,
    /// Items that only the book has.
    pub missing: Vec<String>,
    /// Items that only the reader has.
    pub extra: Vec<String>,
}

/// Compares the reader's crate with the book's.
///
/// # Errors
/// If `rustfmt` cannot be run.
pub fn compare(reader: &Tree, book: &Tree) -> Result<Differences, String> {
    let mut found = Differences::default();
    let files: BTreeSet<&String> =
        reader.files.keys().chain(book.files.keys()).collect();
    for file in files.into_iter().filter(|file| !is_tests(file)) {
        match (reader.get(file), book.get(file)) {
            (Some(mine), Some(theirs)) if mine == theirs => {}
            (Some(mine), Some(theirs)) => found.inside(file, mine, theirs)?,
            (Some(_), None) => found.extra.push(file.clone()),
            (None, _) => found.missing.push(file.clone()),
        }
    }
    Ok(found)
}

impl Differences {
    fn inside(
        &mut self,
        file: &str,
        mine: &str,
        theirs: &str,
    ) -> Result<(), String> {
        let (mine, theirs) = match (items(file, mine)?, items(file, theirs)?) {
            (Some(mine), Some(theirs)) => (mine, theirs),
            // What does not parse is compared as a whole.
            _ => {
                self.changed.push((file.to_owned(), difference(mine, theirs)));
                return Ok(());
            }
        };
        for (name, text) in &theirs {
            let place = format!("{file}#{name}");
            match mine.get(name) {
                None => self.missing.push(place),
                Some(own) if code(own) == code(text) => {}
                Some(own) => self.changed.push((place, difference(own, text))),
            }
        }
        let extra = mine.keys().filter(|name| !theirs.contains_key(*name));
        self.extra.extend(extra.map(|name| format!("{file}#{name}")));
        Ok(())
    }
}

/// The items of a file that hold no others, by the names of the pages. `None` if the
/// file does not parse.
fn items(
    file: &str,
    text: &str,
) -> Result<Option<BTreeMap<String, String>>, String> {
    let formatted = match file.ends_with(".rs") {
        true => rustfmt(text)?,
        false => text.to_owned(),
    };
    let Ok(outline) = Outline::parse(file, &formatted) else { return Ok(None) };
    let mut items = BTreeMap::new();
    for path in outline.paths() {
        let Some(node) = outline.get(&path) else { continue };
        // How a reader spreads methods over blocks is up to them.
        let is_own = node.kind.rides() || node.kind == Kind::Impl;
        if !is_own && node.name != "docs" {
            items.insert(outline.full_name(&path), own_text(node));
        }
    }
    Ok(Some(items))
}

/// The text of an item; for a container without what it holds.
fn own_text(node: &Node) -> String {
    match &node.body {
        Some(_) => node.lines.iter().map(|line| format!("{line}\n")).collect(),
        None => node.text(),
    }
}

/// The lines that a compiler reads.
fn code(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with("//")).collect()
}
