//! `cargo xtask diff 03 04 [FILE[#ITEM]]`: what changed between two chapters.

use std::io::IsTerminal;

use book_machine::compare;
use book_machine::lines::{Line, Sign, around, count, difference};
use book_machine::outline::Outline;
use book_machine::tree::Tree;

use crate::{Error, book};

/// Prints the difference, or that of one file or item.
pub fn run(old: &str, new: &str, place: Option<&str>) -> Result<(), Error> {
    let (old, new) = (book::chapter(old)?, book::chapter(new)?);
    let after = Tree::read(&new.folder)?;
    let before = Tree::read(&old.folder)?.named_like(&after);
    if let Some((file, item)) = place.and_then(|place| place.split_once('#')) {
        let (a, b) = (text(&before, file, item)?, text(&after, file, item)?);
        if a.is_none() && b.is_none() {
            let known =
                after.get(file).or(before.get(file)).ok_or("no such file")?;
            return Err(match Outline::parse(file, known)?.find(item) {
                Err(error) => error.to_string().into(),
                Ok(_) => "no such item".into(),
            });
        }
        show(&difference(&a.unwrap_or_default(), &b.unwrap_or_default()));
        return Ok(());
    }
    let wanted = |file: &str| place.is_none_or(|place| file.starts_with(place));
    for moved in compare::moves(&before, &after)?.iter().filter(|m| wanted(&m.to)) {
        let (same, all) = moved.kept;
        println!(
            "moved {}: {} -> {}, {same} of {all} lines as they were",
            moved.item, moved.from, moved.to
        );
    }
    for change in compare::files(&before, &after).iter().filter(|c| wanted(&c.file))
    {
        let from = change.from.as_ref().map(|from| format!(" (was {from})"));
        let (added, removed) = (
            count(&change.lines, Sign::Added),
            count(&change.lines, Sign::Removed),
        );
        println!(
            "\n== {}{}  +{added} -{removed}",
            change.file,
            from.unwrap_or_default()
        );
        show(&around(&change.lines, 3));
    }
    Ok(())
}

/// The text of an item, if the chapter has it.
fn text(tree: &Tree, file: &str, item: &str) -> Result<Option<String>, Error> {
    let Some(source) = tree.get(file) else { return Ok(None) };
    let outline = Outline::parse(file, source)?;
    let found = outline.find(item).ok();
    let texts = found.map(|paths| {
        let node = |path: &Vec<String>| outline.get(path).map(|node| node.text());
        paths.iter().filter_map(node).collect::<String>()
    });
    Ok(texts)
}

fn show(lines: &[Line]) {
    let colours = std::io::stdout().is_terminal();
    for line in lines {
        let (sign, colour) = match line.sign {
            Sign::Added => ("+", "\u{1b}[32m"),
            Sign::Removed => ("-", "\u{1b}[31m"),
            Sign::Same => (" ", ""),
            Sign::Gap => (" …", ""),
        };
        match colours && !colour.is_empty() {
            true => println!("{colour}{sign}{}\u{1b}[0m", line.text),
            false => println!("{sign}{}", line.text),
        }
    }
}
