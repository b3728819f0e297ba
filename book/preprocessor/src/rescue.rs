//! A reader who is stuck gets the next checkpoint and keeps the rest.

use std::collections::BTreeMap;

use crate::lines::Sign;
use crate::page::Page;
use crate::rustfmt::rustfmt;
use crate::tree::Tree;

/// Where the reader goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Rescue {
    /// The checkpoint, from 1; one more than there are for the chapter's end.
    pub checkpoint: usize,
    /// How many there are, with the end.
    pub of: usize,
    /// The crate: the checkpoint's files, and the reader's own where the chapter
    /// changes nothing.
    pub tree: Tree,
}

/// The checkpoint that the reader works towards: the first one after the last of
/// which half is there. `None` if the reader has the whole chapter.
///
/// Blank lines, imports, and the order of items are the reader's own.
pub fn next(
    page: &Page,
    base: &Tree,
    target: &Tree,
    reader: &Tree,
) -> Option<Rescue> {
    let mut stages: Vec<&Tree> =
        page.checkpoints.iter().map(|(_, tree)| tree).collect();
    if stages.last() != Some(&target) {
        stages.push(target);
    }
    let of = stages.len();
    let own = Essence::of(reader);
    let wanted: Vec<Essence> =
        stages.iter().map(|stage| Essence::of(stage)).collect();
    let start = Essence::of(base);
    let given = Essence::given(page);
    let before = std::iter::once(&start).chain(&wanted);
    let (mut reached, mut is_whole) = (0, true);
    for (index, (stage, before)) in wanted.iter().zip(before).enumerate() {
        let gained = stage.without(before);
        // Who has taken the given code has typed nothing yet.
        let typed = gained.without(&given);
        let wanted = if typed.is_empty() { &gained } else { &typed };
        let lacking = wanted.without(&own).len();
        if !wanted.is_empty() && 2 * lacking < wanted.len() {
            let is_there = gained.without(&own).is_empty();
            (reached, is_whole) = (index + 1, is_there);
        }
    }
    let end = wanted.last().is_some_and(|end| end.without(&own).is_empty());
    if end {
        return None;
    }
    let checkpoint = if is_whole { (reached + 1).min(of) } else { reached };
    let stage = stages.get(checkpoint - 1)?;
    let tree = merged(base, target, stage, reader);
    Some(Rescue { checkpoint, of, tree })
}

/// The lines of a crate that say something, each with its file and how often it is
/// there.
#[derive(Debug, Default)]
struct Essence(BTreeMap<(String, String), usize>);

impl Essence {
    fn of(tree: &Tree) -> Self {
        let mut essence = Self::default();
        for (file, text) in &tree.files {
            let text = match file.ends_with(".rs") {
                true => rustfmt(text).unwrap_or_else(|_| text.clone()),
                false => text.clone(),
            };
            let mut inside_use = false;
            for line in text.lines().map(str::trim) {
                inside_use |=
                    line.starts_with("use ") || line.starts_with("pub use ");
                if !inside_use && !line.is_empty() {
                    let key = (file.clone(), line.to_owned());
                    *essence.0.entry(key).or_default() += 1;
                }
                inside_use &= !line.ends_with(';');
            }
        }
        essence
    }

    /// The lines that a page gives.
    fn given(page: &Page) -> Self {
        let mut essence = Self::default();
        for block in page.gifts().iter().flat_map(|gift| &gift.blocks) {
            for line in block.lines.iter().filter(|line| line.sign == Sign::Added) {
                let key = (block.file.clone(), line.text.trim().to_owned());
                *essence.0.entry(key).or_default() += 1;
            }
        }
        essence
    }

    /// What is here and not in `other`.
    fn without(&self, other: &Self) -> Self {
        let rest = self.0.iter().filter_map(|(line, count)| {
            let there = other.0.get(line).copied().unwrap_or_default();
            let left = count.saturating_sub(there);
            (left > 0).then(|| (line.clone(), left))
        });
        Self(rest.collect())
    }

    fn len(&self) -> usize {
        self.0.values().sum()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// `stage` where the chapter changes something, `reader` elsewhere.
fn merged(base: &Tree, target: &Tree, stage: &Tree, reader: &Tree) -> Tree {
    let mut tree = reader.clone();
    let all =
        base.files.keys().chain(target.files.keys()).chain(stage.files.keys());
    for file in all {
        let touched =
            base.get(file) != target.get(file) || base.get(file) != stage.get(file);
        match stage.get(file) {
            Some(text) if touched => {
                tree.files.insert(file.clone(), text.to_owned());
            }
            None if touched => {
                tree.files.remove(file);
            }
            _ => {}
        }
    }
    tree
}
