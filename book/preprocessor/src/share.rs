//! How much of the last crate no chapter brings, and how much it may be one day.

use crate::difference::is_tests;
use crate::figures::{Figures, amount, plural, written};
use crate::outline::{Node, Outline};
use crate::tree::Tree;

/// Of a hundred lines of the last crate, so many may be new on its page.
pub const NEW: usize = 25;
/// So many items may be changed there rather than added.
pub const SWAPPED: usize = 16;
/// Both hold as soon as this chapter is written.
pub const COMPLETE: &str = "17";

/// Counts of the last crate's page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// New lines below `src`.
    pub new: usize,
    /// All lines below `src`, without blank ones, imports and tests.
    pub all: usize,
    /// Items that are changed rather than added.
    pub swapped: usize,
}

impl Share {
    /// Counts the lines of the last crate and those that its page brings.
    pub fn of(figures: &Figures, target: &Tree) -> Self {
        let is_source = |file: &str| file.starts_with("src/") && !is_tests(file);
        let files = target.files.iter().filter(|(file, _)| is_source(file));
        let all = files.map(|(file, text)| {
            let outline = Outline::parse(file, text).unwrap_or_default();
            outline.nodes.iter().map(lines).sum::<usize>()
        });
        let new = figures.source + figures.given_source;
        Self { new, all: all.sum(), swapped: figures.swapped }
    }

    /// Of a hundred lines, rounded up.
    pub fn percent(&self) -> usize {
        (100 * self.new).div_ceil(self.all.max(1))
    }

    /// What is above a limit, in sentences.
    pub fn faults(&self) -> Vec<String> {
        let (percent, swapped) = (self.percent(), self.swapped);
        let mut faults = Vec::new();
        if percent > NEW {
            faults.push(format!(
                "{percent} % of its lines are new, more than {NEW} %"
            ));
        }
        if swapped > SWAPPED {
            faults
                .push(format!("{swapped} items are changed, more than {SWAPPED}"));
        }
        faults
    }

    /// The box "what changes" of the last page.
    pub fn render(&self) -> String {
        let items = plural(self.swapped, "item");
        let new = written(self.new);
        let all = written(self.all);
        format!(
            "**{new} of {all} lines are given here ({} %)**, because no chapter brings \
             them yet, and {items} of the last chapter changed. When all \
             chapters are written, at most {NEW} % of the lines and {SWAPPED} items are \
             left.\n\n",
            self.percent()
        )
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let new = amount(self.new);
        let all = written(self.all);
        let swapped = plural(self.swapped, "item");
        let percent = self.percent();
        write!(
            f,
            "final: {new} of {all} given ({percent} %, at most {NEW} % from chapter \
             {COMPLETE} on), {swapped} changed (at most {SWAPPED})"
        )
    }
}

/// Lines that count: not those that ride along, and no tests.
fn lines(node: &Node) -> usize {
    if node.kind.rides() || node.name == "mod tests" {
        return 0;
    }
    node.text().lines().filter(|line| !line.trim().is_empty()).count()
}
