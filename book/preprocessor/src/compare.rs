//! The difference between two chapters, with moves recognised.

use crate::lines::{Line, Sign, count, difference};
use crate::outline::{Node, Outline};
use crate::tree::Tree;

/// What became of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its path, in the newer chapter if it is there.
    pub file: String,
    /// Its path in the older chapter, if it is another one.
    pub from: Option<String>,
    /// All its lines, with signs.
    pub lines: Vec<Line>,
}

/// An item that is in another file now.
#[derive(Clone, Debug, PartialEq)]
pub struct Move {
    /// Its name.
    pub item: String,
    /// Where it was.
    pub from: String,
    /// Where it is.
    pub to: String,
    /// How many of its lines are as they were, and how many it has.
    pub kept: (usize, usize),
}

/// The files that differ. A file that is gone and a new one that is mostly like
/// it are one that moved.
pub fn files(old: &Tree, new: &Tree) -> Vec<Change> {
    let gone = |file: &&String| !new.files.contains_key(*file);
    let mut gone: Vec<&String> = old.files.keys().filter(gone).collect();
    let mut changes = Vec::new();
    for (file, text) in &new.files {
        let (before, from) = match old.get(file) {
            Some(before) if before == text => continue,
            Some(before) => (before, None),
            None => {
                let alike =
                    |from: &&String| likeness(&old.files[*from], text) >= 60;
                match gone.iter().position(alike) {
                    Some(place) => {
                        let from = gone.remove(place);
                        (old.files[from].as_str(), Some(from.clone()))
                    }
                    None => ("", None),
                }
            }
        };
        let lines = difference(before, text);
        changes.push(Change { file: file.clone(), from, lines });
    }
    for file in gone {
        let lines = difference(&old.files[file], "");
        changes.push(Change { file: file.clone(), from: None, lines });
    }
    changes.sort_by(|a, b| a.file.cmp(&b.file));
    changes
}

/// The items of Rust files that went from one file to another under one name.
///
/// # Errors
/// If a file does not parse.
pub fn moves(old: &Tree, new: &Tree) -> Result<Vec<Move>, String> {
    let (before, after) = (items(old)?, items(new)?);
    let mut found = Vec::new();
    for (to, item, text) in &after {
        let stays = before.iter().any(|(file, name, _)| (file, name) == (to, item));
        let origin = before.iter().find(|(file, name, old)| {
            let left = !after.iter().any(|(f, n, _)| (f, n) == (file, name));
            name == item && left && likeness(old, text) >= 50
        });
        if let (false, Some((from, _, old))) = (stays, origin) {
            let same = count(&difference(old, text), Sign::Same);
            found.push(Move {
                item: item.clone(),
                from: from.clone(),
                to: to.clone(),
                kept: (same, text.lines().count()),
            });
        }
    }
    Ok(found)
}

/// File, name and text of all top-level items that have code.
fn items(tree: &Tree) -> Result<Vec<(String, String, String)>, String> {
    let mut found = Vec::new();
    for (file, text) in tree.files.iter().filter(|(file, _)| file.ends_with(".rs"))
    {
        let outline = Outline::parse(file, text)?;
        let plain = |node: &&Node| !node.kind.rides() && node.name != "docs";
        for node in outline.nodes.iter().filter(plain) {
            found.push((file.clone(), node.name.clone(), node.text()));
        }
    }
    Ok(found)
}

/// How many of a hundred lines two texts share.
fn likeness(old: &str, new: &str) -> usize {
    let same = count(&difference(old, new), Sign::Same);
    let longer = old.lines().count().max(new.lines().count()).max(1);
    same * 100 / longer
}
