//! How much a page asks of its reader.

use std::collections::BTreeMap;

use crate::lines::{Line, Sign};
use crate::minutes::Minutes;
use crate::render::Format;
use crate::shown::{Shown, Verb};

/// New lines of `src` that a chapter may let its reader type.
pub const TYPED: usize = 450;
/// New lines of `src` that a chapter may give.
pub const GIVEN: usize = 900;
/// Lines that a block may show.
pub const BLOCK: usize = 40;

/// More files than these fold in.
const FILES: usize = 8;

/// Counts of one page. Blank lines are never counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Words of prose.
    pub words: usize,
    /// New lines that the reader types.
    pub typed: usize,
    /// New lines that the reader gets.
    pub given: usize,
    /// Imports and modules that ride along.
    pub folded: usize,
    /// Lines of tests that are revealed.
    pub revealed: usize,
    /// Lines that moved as they were.
    pub moved: usize,
    /// Lines that went.
    pub removed: usize,
    /// New lines below `src` that are typed: what [`TYPED`] bounds.
    pub source: usize,
    /// New lines below `src` that are given: what [`GIVEN`] bounds.
    pub given_source: usize,
    /// Given items that were there before, in another form.
    pub swapped: usize,
    /// How often the reader goes to another file, to type there.
    pub visits: usize,
    /// The same by file.
    pub files: BTreeMap<String, FileFigures>,
    /// The file in which the reader typed last.
    pub last: String,
}

/// Counts of one file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileFigures {
    /// New lines that are typed.
    pub added: usize,
    /// New lines that the reader gets.
    pub given: usize,
    /// Imports and modules that ride along.
    pub imports: usize,
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
        self.visit(shown);
        let added = count(&shown.lines, Sign::Added);
        let removed = count(&shown.lines, Sign::Removed);
        let file = self.files.entry(shown.file.clone()).or_default();
        let is_source = shown.file.starts_with("src/");
        match shown.verb {
            Verb::None => return,
            Verb::Revealed => {
                self.revealed += added;
                file.revealed += added;
            }
            Verb::Given => {
                self.given += added;
                self.given_source += if is_source { added } else { 0 };
                self.swapped += shown.swapped.len();
                file.given += added;
            }
            _ => {
                self.typed += added;
                self.source += if is_source { added } else { 0 };
                file.added += added;
            }
        }
        if shown.verb != Verb::Revealed {
            self.removed += removed;
            file.removed += removed;
        }
        if let Verb::Moved(_) = shown.verb {
            let moved = count(&shown.lines, Sign::Same);
            self.moved += moved;
            file.moved += moved;
        }
        self.ride(shown);
    }

    /// Counts the imports that come along. Those of given code are given too.
    fn ride(&mut self, shown: &Shown) {
        let typed = shown.rides.iter().filter(|_| shown.verb != Verb::Given);
        for ride in typed {
            let came = ride.added + ride.modules(Sign::Added);
            self.folded += came;
            let file = self.files.entry(ride.file.clone()).or_default();
            file.imports += came;
        }
    }

    /// Counts a change of file, if the step is in another one than the last.
    fn visit(&mut self, shown: &Shown) {
        let is_typed =
            !matches!(shown.verb, Verb::Revealed | Verb::Given | Verb::None);
        if is_typed && self.last != shown.file {
            self.visits += 1;
            self.last.clone_from(&shown.file);
        }
    }

    /// The box "what changes": a sentence, and the files, which fold in if they
    /// are many.
    pub fn render(&self, format: Format) -> String {
        let part = |count: usize, words: &str| match count {
            0 => String::new(),
            count => format!(", {count} {words}"),
        };
        let mut text = format!("**{} lines to type**", self.typed);
        text.push_str(&part(self.given, "given"));
        text.push_str(&part(self.moved, "that move"));
        text.push_str(&part(self.removed, "that go"));
        text.push_str(&part(self.folded, "imports that come along"));
        text.push_str(&part(self.revealed, "of tests to read"));
        let Minutes { paste, typing } = Minutes::of(self);
        text.push_str(&format!(
            ". {} words. About **{paste} minutes** to read and paste, \
             **{typing}** to type.\n\n",
            self.words
        ));
        let table = self.table();
        match self.files.len() {
            0..=FILES => text.push_str(&table),
            files => text.push_str(&format.folded(
                "files",
                &format!("the {files} files"),
                &table,
            )),
        }
        text.push('\n');
        text
    }

    fn table(&self) -> String {
        let mut text = String::from(
            "| file | typed | given | gone | moved | imports | tests |\n",
        );
        text.push_str("|---|--:|--:|--:|--:|--:|--:|\n");
        let cell = |count: usize| match count {
            0 => String::new(),
            count => count.to_string(),
        };
        for (name, file) in &self.files {
            let typed = [file.added, file.given, file.removed];
            let others = [file.moved, file.imports, file.revealed];
            let counts = typed.into_iter().chain(others);
            let cells = counts.map(cell).collect::<Vec<_>>().join(" | ");
            text.push_str(&format!("| `{name}` | {cells} |\n"));
        }
        text
    }
}

/// "1 line", "2 lines".
pub fn amount(lines: usize) -> String {
    plural(lines, "line")
}

/// A number with a comma before each three digits.
pub fn written(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count and what it counts.
pub fn plural(count: usize, what: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{} {what}{end}", written(count))
}

/// How many lines have that sign; blank ones do not count.
pub fn count(lines: &[Line], sign: Sign) -> usize {
    let counts = |line: &&Line| line.sign == sign && !line.text.trim().is_empty();
    lines.iter().filter(counts).count()
}
