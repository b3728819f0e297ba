//! What is left when the steps of a page have been taken.

use std::collections::BTreeSet;

use crate::lines;
use crate::outline::{Node, Outline};
use crate::rustfmt::rustfmt;
use crate::tree::Tree;

/// A place where the steps did not lead to the chapter.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The file.
    pub file: String,
    /// The item, or nothing for the whole file.
    pub item: Option<String>,
    /// What is wrong.
    pub fault: Fault,
    /// How many lines.
    pub lines: usize,
    /// The directive that would mend it.
    pub remedy: String,
}

/// How a place differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The chapter has it, the steps did not bring it.
    Missing,
    /// The chapter does not have it, and no step removed it.
    Extra,
    /// It is there but not what the chapter has.
    Stale,
    /// It is in another place of the file.
    Misplaced,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file, item, lines, remedy, .. } = self;
        let place = match item {
            Some(item) => format!("{file}#{item}"),
            None => file.clone(),
        };
        let fault = match self.fault {
            Fault::Missing => format!("{lines} lines missing"),
            Fault::Extra => format!("{lines} lines too much"),
            Fault::Stale => format!("{lines} lines differ"),
            Fault::Misplaced => "in another order".to_owned(),
        };
        write!(f, "{place}: {fault}; `{{{{{remedy}}}}}` would mend it")
    }
}

/// Compares what the steps led to with the chapter.
///
/// # Errors
/// If a file does not parse or `rustfmt` cannot be run.
pub fn differences(now: &Tree, target: &Tree) -> Result<Vec<Difference>, String> {
    let mut found = Vec::new();
    let names: BTreeSet<&String> =
        now.files.keys().chain(target.files.keys()).collect();
    for file in names {
        match (now.get(file), target.get(file)) {
            (Some(have), Some(want)) if have == want => {}
            (Some(have), Some(want)) => within(file, have, want, &mut found)?,
            (None, Some(want)) => {
                let tests =
                    file.ends_with("tests.rs") || file.starts_with("tests/");
                let verb = if tests { "reveal" } else { "add" };
                found.push(whole(file, Fault::Missing, want, verb));
            }
            (Some(have), None) => {
                found.push(whole(file, Fault::Extra, have, "remove"));
            }
            (None, None) => {}
        }
    }
    Ok(found)
}

fn whole(file: &str, fault: Fault, text: &str, verb: &str) -> Difference {
    let (file, lines) = (file.to_owned(), text.lines().count());
    let remedy = format!("{verb} {file}");
    Difference { file, item: None, fault, lines, remedy }
}

fn within(
    file: &str,
    have: &str,
    want: &str,
    found: &mut Vec<Difference>,
) -> Result<(), String> {
    let formatted = match file.ends_with(".rs") {
        true => rustfmt(have)?,
        false => have.to_owned(),
    };
    if formatted == want {
        return Ok(());
    }
    // Tests are not typed item by item.
    if is_tests(file) {
        found.push(changed(file, &formatted, want, "reveal"));
        return Ok(());
    }
    let before = found.len();
    let (have, want) =
        (Outline::parse(file, &formatted)?, Outline::parse(file, want)?);
    let mut compare = Compare { file, have: &have, want: &want, found, head: 0 };
    compare.level(&[]);
    if compare.head > 0 {
        let (file, lines) = (file.to_owned(), compare.head);
        let remedy = format!("change {file}#head");
        let (item, fault) = (Some("head".to_owned()), Fault::Stale);
        found.push(Difference { file, item, fault, lines, remedy });
    }
    if found.len() == before {
        found.push(changed(file, &have.render(), &want.render(), "change"));
    }
    Ok(())
}

/// Files that are revealed, not typed.
pub fn is_tests(file: &str) -> bool {
    file.ends_with("tests.rs") || file.starts_with("tests/")
}

fn changed(file: &str, have: &str, want: &str, verb: &str) -> Difference {
    let lines = unequal(have, want);
    let (file, remedy) = (file.to_owned(), format!("{verb} {file}"));
    Difference { file, item: None, fault: Fault::Stale, lines, remedy }
}

/// How many lines came or went.
fn unequal(old: &str, new: &str) -> usize {
    let all = lines::difference(old, new);
    all.len() - lines::count(&all, lines::Sign::Same)
}

struct Compare<'a> {
    file: &'a str,
    have: &'a Outline,
    want: &'a Outline,
    found: &'a mut Vec<Difference>,
    /// Lines of `use` and `mod` that differ.
    head: usize,
}

impl Compare<'_> {
    fn level(&mut self, above: &[String]) {
        let empty = Vec::new();
        let have = self.have.inside(above).unwrap_or(&empty);
        let want = self.want.inside(above).unwrap_or(&empty);
        for node in want {
            let path = [above, std::slice::from_ref(&node.name)].concat();
            let lines = node.text().lines().count();
            match self.have.get(&path) {
                None => {
                    self.note(self.want, &path, node, Fault::Missing, lines, "add")
                }
                Some(other) if other.text() == node.text() => {}
                Some(other) if both_open(other, node) => self.level(&path),
                Some(other) => {
                    let lines = unequal(&other.text(), &node.text());
                    self.note(
                        self.want,
                        &path,
                        node,
                        Fault::Stale,
                        lines,
                        "change",
                    );
                }
            }
        }
        for node in have {
            let path = [above, std::slice::from_ref(&node.name)].concat();
            if self.want.get(&path).is_none() {
                let lines = node.text().lines().count();
                self.note(self.have, &path, node, Fault::Extra, lines, "remove");
            }
        }
        let order = |nodes: &[Node], other: &[Node]| -> Vec<String> {
            let shared = |n: &&Node| other.iter().any(|o| o.name == n.name);
            nodes.iter().filter(shared).map(|n| n.name.clone()).collect()
        };
        let (have_order, want_order) = (order(have, want), order(want, have));
        let moved = want_order.iter().zip(&have_order).find(|(a, b)| a != b);
        if let Some((name, _)) = moved {
            let path = [above, std::slice::from_ref(name)].concat();
            let item = self.want.full_name(&path);
            let remedy = format!("move {0}#{item} to {0}#{item}", self.file);
            self.found.push(Difference {
                file: self.file.to_owned(),
                item: Some(item),
                fault: Fault::Misplaced,
                lines: 0,
                remedy,
            });
        }
    }

    fn note(
        &mut self,
        outline: &Outline,
        path: &[String],
        node: &Node,
        fault: Fault,
        lines: usize,
        verb: &str,
    ) {
        if node.kind.rides() {
            self.head += lines;
            return;
        }
        let item = outline.full_name(path);
        let remedy = match (path, self.file) {
            ([table, name], "Cargo.toml") if table.ends_with("dependencies") => {
                format!("dependency {name}")
            }
            _ => format!("{verb} {}#{item}", self.file),
        };
        let file = self.file.to_owned();
        self.found.push(Difference {
            file,
            item: Some(item),
            fault,
            lines,
            remedy,
        });
    }
}

/// Whether two containers differ only inside.
fn both_open(a: &Node, b: &Node) -> bool {
    a.lines == b.lines && a.body.is_some() && b.body.is_some()
}
