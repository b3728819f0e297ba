//! All code that a page lets its reader type, by step: for those who paste.

use super::{Page, Part};
use crate::lines;
use crate::outline::{Node, Outline};
use crate::shown::{Ride, Shown, Verb};
use crate::tree::Tree;

impl Page {
    /// The code of each step as it goes into the file, under the step's title.
    /// `target` is the chapter.
    ///
    /// # Errors
    /// If a file of the chapter does not parse.
    pub fn paste(&self, target: &Tree) -> Result<String, String> {
        let mut text = format!("# To paste: {}\n", self.name);
        for part in &self.parts {
            match part {
                Part::Text(line) if line.starts_with("**Step ") => {
                    let title = line.trim_start_matches("**");
                    let title = title.split("**").next().unwrap_or_default();
                    text.push_str(&format!("\n## {title}\n"));
                }
                Part::Step(shown) => text.push_str(&block(shown, target)?),
                Part::Checkpoint => text.push_str("\nCheckpoint: cargo check\n"),
                _ => {}
            }
        }
        Ok(text)
    }
}

fn block(shown: &Shown, target: &Tree) -> Result<String, String> {
    let place = shown.place.as_ref().map(|place| format!(", {}", place.words));
    let place = place.unwrap_or_default();
    let items = shown.items.join(", ");
    let (deed, code) = match &shown.verb {
        Verb::None | Verb::Revealed | Verb::Given => return Ok(String::new()),
        Verb::Removed => ("remove".to_owned(), String::new()),
        Verb::Moved(from) => (format!("from {from}"), whole(shown, target)?),
        Verb::Changed => ("replace".to_owned(), whole(shown, target)?),
        Verb::Added | Verb::Stubbed | Verb::Yours { .. } => {
            let lines = shown.lines.iter().map(|line| format!("{}\n", line.text));
            ("add".to_owned(), lines.collect())
        }
    };
    let mut text = format!("\n### {deed}: {} {items}{place}\n", shown.file);
    for lines in [&code, &rides(shown)] {
        if !lines.is_empty() {
            text.push_str(&format!("\n```\n{lines}```\n"));
        }
    }
    Ok(text)
}

/// The items of a step as the chapter has them.
fn whole(shown: &Shown, target: &Tree) -> Result<String, String> {
    let source = target.get(&shown.file).unwrap_or_default();
    if shown.items.is_empty() {
        return Ok(source.to_owned());
    }
    let outline = Outline::parse(&shown.file, source)?;
    let paths = shown.items.iter().filter_map(|name| outline.find(name).ok());
    let texts =
        paths.flatten().filter_map(|path| outline.get(&path).map(Node::text));
    Ok(texts.collect::<Vec<_>>().join("\n"))
}

/// The imports that come along, with their signs.
fn rides(shown: &Shown) -> String {
    let ride = |ride: &Ride| {
        let file = &ride.file;
        format!("// imports of {file}\n{}", lines::plain(&ride.lines))
    };
    shown.rides.iter().map(ride).collect()
}
