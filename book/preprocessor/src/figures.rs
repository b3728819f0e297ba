//! How much a page asks of its reader.

use std::collections::BTreeMap;

use crate::lines::{Line, Sign};
use crate::shown::{Shown, Verb};

/// New lines of `src` that a chapter may have.
pub const NEW_LINES: usize = 450;
/// Lines that a block may show.
pub const BLOCK: usize = 40;

/// Counts of one page. Blank lines are never counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Words of prose.
    pub words: usize,
    /// New lines that the reader types.
    pub typed: usize,
    /// `use` and `mod` lines that ride along.
    pub folded: usize,
    /// Lines of tests that are revealed.
    pub revealed: usize,
    /// Lines that moved as they were.
    pub moved: usize,
    /// Lines that went.
    pub removed: usize,
    /// New lines below `src` that are typed: what [`NEW_LINES`] bounds.
    pub source: usize,
    /// The same by file.
    pub files: BTreeMap<String, FileFigures>,
}

/// Counts of one file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileFigures {
    /// New lines, typed or riding along.
    pub added: usize,
    /// Lines that went.
    pub removed: usize,
    /// Lines that came from another place.
    pub moved: usize,
    /// Lines of tests.
    pub revealed: usize,
}

impl Figures {
    /// Counts one block.
    pub fn add(&mut self, shown: &Shown) {
        let added = count(&shown.lines, Sign::Added);
        let removed = count(&shown.lines, Sign::Removed);
        let file = self.files.entry(shown.file.clone()).or_default();
        match shown.verb {
            Verb::Revealed => {
                self.revealed += added;
                file.revealed += added;
            }
            Verb::None => return,
            _ => {
                self.typed += added;
                self.removed += removed;
                file.added += added;
                file.removed += removed;
                if shown.file.starts_with("src/") {
                    self.source += added;
                }
            }
        }
        if let Verb::Moved(_) = shown.verb {
            let moved = count(&shown.lines, Sign::Same);
            self.moved += moved;
            file.moved += moved;
        }
        for ride in &shown.rides {
            let added = count(&ride.lines, Sign::Added);
            self.folded += added;
            let file = self.files.entry(ride.file.clone()).or_default();
            file.added += added;
            file.removed += count(&ride.lines, Sign::Removed);
        }
    }

    /// 10 lines a minute, 200 words a minute, 10 minutes to run.
    pub fn minutes(&self) -> usize {
        self.typed.div_ceil(10) + self.words.div_ceil(200) + 10
    }

    /// The box "what changes".
    pub fn render(&self) -> String {
        let mut text = String::from("| file | new | gone | moved here | tests |\n");
        text.push_str("|---|--:|--:|--:|--:|\n");
        let cell = |count: usize| match count {
            0 => String::new(),
            count => count.to_string(),
        };
        for (name, file) in &self.files {
            text.push_str(&format!(
                "| `{name}` | {} | {} | {} | {} |\n",
                cell(file.added),
                cell(file.removed),
                cell(file.moved),
                cell(file.revealed)
            ));
        }
        text.push_str(&format!(
            "\n**{} lines to type**, {} that come along folded, {} that move, {} that \
             go, {} of tests. {} words. About **{} minutes**.\n\n",
            self.typed,
            self.folded,
            self.moved,
            self.removed,
            self.revealed,
            self.words,
            self.minutes()
        ));
        text
    }
}

fn count(lines: &[Line], sign: Sign) -> usize {
    let counts = |line: &&Line| line.sign == sign && !line.text.trim().is_empty();
    lines.iter().filter(counts).count()
}
