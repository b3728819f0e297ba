//! What a step gives, as its page shows it.

use crate::figures::{amount, count, plural};
use crate::lines::Sign;
use crate::render::Format;
use crate::shown::{Shown, Verb};

/// The blocks of a step that gives code.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// The folder, if its files are only listed: the last crate has too many.
    pub(super) folder: Option<String>,
    /// A block for each file.
    pub(super) blocks: Vec<Shown>,
}

impl Given {
    pub(super) fn render(&self, format: Format) -> String {
        match &self.folder {
            Some(folder) => self.list(folder, format),
            None => self.blocks.iter().map(|block| format.shown(block)).collect(),
        }
    }

    /// The files with their items and lines, folded.
    fn list(&self, folder: &str, format: Format) -> String {
        let added = |verb: Verb| -> usize {
            let blocks = self.blocks.iter().filter(|block| block.verb == verb);
            blocks.map(|block| count(&block.lines, Sign::Added)).sum()
        };
        let mut files: Vec<&str> =
            self.blocks.iter().map(|block| block.file.as_str()).collect();
        files.dedup();
        let swapped: usize = self.blocks.iter().map(|b| b.swapped.len()).sum();
        let parts = [
            (added(Verb::Given), amount(added(Verb::Given)) + " given"),
            (added(Verb::Revealed), amount(added(Verb::Revealed)) + " of tests"),
            (swapped, plural(swapped, "item") + " changed"),
        ];
        let parts = parts.into_iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts.map(|(_, part)| part).collect();
        let files = plural(files.len(), "file");
        let summary = format!("{folder}: {files}, {}", parts.join(", "));
        let list: String = self.blocks.iter().map(line).collect();
        format.folded("given", &summary, &list)
    }
}

/// A file, its lines, and the names of its items.
fn line(block: &Shown) -> String {
    let is_swapped = |name: &String| block.swapped.contains(name);
    let mark = |name: &String| match is_swapped(name) {
        true => format!("`{name}` (changed)"),
        false => format!("`{name}`"),
    };
    let names: Vec<String> = match block.verb {
        Verb::Revealed => {
            block.tests.iter().map(|(name, _)| name.replace('_', " ")).collect()
        }
        _ => block.items.iter().map(mark).collect(),
    };
    let added = count(&block.lines, Sign::Added);
    let what = match (block.verb == Verb::Revealed, added) {
        (true, _) => amount(added) + " of tests",
        (false, 0) if block.items.is_empty() => "imports".to_owned(),
        (false, _) => amount(added),
    };
    let colon = if names.is_empty() { "" } else { ": " };
    format!("- **`{}`**, {what}{colon}{}\n", block.file, names.join(", "))
}
