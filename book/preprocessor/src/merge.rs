//! One fix, brought to crates that are almost the same.

use std::collections::BTreeSet;

use crate::lines::{Line, Sign, difference};
use crate::outline::{Outline, Path};
use crate::tree::Tree;

/// Lines that two changes must be apart to be two hunks.
const APART: usize = 3;

/// What became of a hunk in one crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It is in now.
    Carried,
    /// It was in already.
    Already,
    /// The crate does not have that place.
    Absent,
    /// The place looks different: a person must look.
    Conflict,
}

/// A place of a fix, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Carried {
    /// The file.
    pub file: String,
    /// The hunk's number in that file, from 1.
    pub hunk: usize,
    /// The first changed line, to recognise it by.
    pub line: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// Brings the difference between `base` and `fixed` to `ours`. All three go by
/// the names of one crate. A file with a conflict gets its other hunks only.
///
/// # Errors
/// If a `Cargo.toml` cannot be read.
pub fn carry(
    base: &Tree,
    fixed: &Tree,
    ours: &Tree,
) -> Result<(Tree, Vec<Carried>), String> {
    let mut result = ours.clone();
    let mut report = Vec::new();
    let names: BTreeSet<&String> =
        base.files.keys().chain(fixed.files.keys()).collect();
    for file in names {
        let (old, new) = (base.get(file), fixed.get(file));
        if old == new {
            continue;
        }
        match (old, new, ours.get(file)) {
            (Some(old), Some(new), Some(mine)) => {
                let text = match file.ends_with(".toml") {
                    true => keys(file, old, new, mine, &mut report)?,
                    false => hunks(file, old, new, mine, &mut report),
                };
                result.files.insert(file.clone(), text);
            }
            (old, new, mine) => {
                let outcome = whole(old, new, mine);
                if outcome == Outcome::Carried {
                    match new {
                        Some(new) => {
                            result.files.insert(file.clone(), new.to_owned())
                        }
                        None => result.files.remove(file),
                    };
                }
                let line = new.or(old).unwrap_or_default().lines().next();
                let line = line.unwrap_or_default().to_owned();
                report.push(Carried { file: file.clone(), hunk: 1, line, outcome });
            }
        }
    }
    Ok((result, report))
}

/// A file that came or went as a whole, or that `ours` does not have.
fn whole(old: Option<&str>, new: Option<&str>, mine: Option<&str>) -> Outcome {
    match (old, new, mine) {
        (_, new, mine) if new == mine => Outcome::Already,
        (Some(_), Some(_), None) => Outcome::Absent,
        (old, _, mine) if old == mine => Outcome::Carried,
        _ => Outcome::Conflict,
    }
}

/// Each changed place by itself, so that one conflict does not stop the others.
fn hunks(
    file: &str,
    base: &str,
    fixed: &str,
    ours: &str,
    report: &mut Vec<Carried>,
) -> String {
    let lines = difference(base, fixed);
    let mut text = ours.to_owned();
    for (index, range) in changed_ranges(&lines).into_iter().enumerate() {
        let theirs = with_only(&lines, &range);
        let first =
            lines[range.clone()].iter().find(|line| !line.text.trim().is_empty());
        let line =
            first.map(|line| line.text.trim().to_owned()).unwrap_or_default();
        let outcome = match diffy::merge(base, &text, &theirs) {
            Ok(merged) if merged == text => Outcome::Already,
            Ok(merged) => {
                text = merged;
                Outcome::Carried
            }
            Err(_) => match replaced(&lines[range.clone()], &text) {
                Some(result) => {
                    text = result;
                    Outcome::Carried
                }
                None if is_known(&lines, &range, &text) => Outcome::Conflict,
                None => Outcome::Absent,
            },
        };
        report.push(Carried {
            file: file.to_owned(),
            hunk: index + 1,
            line,
            outcome,
        });
    }
    text
}

/// The ranges of `lines` that changed, near ones as one.
fn changed_ranges(lines: &[Line]) -> Vec<std::ops::Range<usize>> {
    let mut ranges: Vec<std::ops::Range<usize>> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if line.sign == Sign::Same {
            continue;
        }
        match ranges.last_mut() {
            Some(last) if index - last.end <= APART => last.end = index + 1,
            _ => ranges.push(index..index + 1),
        }
    }
    ranges
}

/// The old text with only that range changed.
fn with_only(lines: &[Line], range: &std::ops::Range<usize>) -> String {
    let wanted = |(index, line): &(usize, &Line)| match line.sign {
        Sign::Same => true,
        Sign::Added => range.contains(index),
        _ => !range.contains(index),
    };
    let kept = lines.iter().enumerate().filter(wanted);
    kept.flat_map(|(_, line)| [line.text.as_str(), "\n"]).collect()
}

/// `text` with the hunk's old lines replaced, if it has them exactly once: a merge
/// also fails where only the lines beside them differ.
fn replaced(hunk: &[Line], text: &str) -> Option<String> {
    let side = |gone: Sign| -> String {
        let lines = hunk.iter().filter(|line| line.sign != gone);
        lines.flat_map(|line| [line.text.as_str(), "\n"]).collect()
    };
    let (old, new) = (side(Sign::Added), side(Sign::Removed));
    let whole_lines = format!("\n{old}");
    let padded = format!("\n{text}");
    let once = old.trim().len() > 3 && padded.matches(&whole_lines).count() == 1;
    once.then(|| {
        padded.replacen(&whole_lines, &format!("\n{new}"), 1)[1..].to_owned()
    })
}

/// Whether `text` has one of the lines that the hunk replaces, or both of the
/// lines around it.
fn is_known(lines: &[Line], range: &std::ops::Range<usize>, text: &str) -> bool {
    let has = |line: &Line| {
        let wanted = line.text.trim();
        // A brace is everywhere.
        wanted.len() > 3 && text.lines().any(|line| line.trim() == wanted)
    };
    let old = |line: &&Line| line.sign != Sign::Added;
    if lines[range.clone()].iter().filter(old).any(has) {
        return true;
    }
    let filled = |line: &&Line| old(line) && line.text.trim().len() > 3;
    let before = lines[..range.start].iter().rev().find(filled);
    let after = lines[range.end..].iter().find(filled);
    [before, after].into_iter().flatten().all(has)
}

/// Tables and entries of a `Cargo.toml`, each by itself.
fn keys(
    file: &str,
    base: &str,
    fixed: &str,
    ours: &str,
    report: &mut Vec<Carried>,
) -> Result<String, String> {
    let base = Outline::parse(file, base)?;
    let fixed = Outline::parse(file, fixed)?;
    let mut ours = Outline::parse(file, ours)?;
    let leaf = |outline: &Outline, path: &Path| {
        outline.get(path).is_some_and(|node| {
            node.body.as_ref().is_none_or(|body| body.nodes.is_empty())
        })
    };
    let mut paths: Vec<Path> =
        base.paths().into_iter().chain(fixed.paths()).collect();
    paths.retain(|path| leaf(&base, path) || leaf(&fixed, path));
    paths.sort();
    paths.dedup();
    let mut hunk = 0;
    for path in paths {
        let text = |outline: &Outline| outline.get(&path).map(|node| node.text());
        let (old, new, mine) = (text(&base), text(&fixed), text(&ours));
        if old == new {
            continue;
        }
        hunk += 1;
        let outcome = whole(old.as_deref(), new.as_deref(), mine.as_deref());
        match (outcome, new) {
            (Outcome::Carried, Some(_)) => ours.bring(&fixed, &path),
            (Outcome::Carried, None) => {
                ours.take(&path, None);
            }
            _ => {}
        }
        let line = path.join(".");
        report.push(Carried { file: file.to_owned(), hunk, line, outcome });
    }
    Ok(ours.render())
}
