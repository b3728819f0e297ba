//! `cargo xtask diff 03 04 [FILE[#ITEM]]`: what changed between two chapters.

mod groups;
mod patterns;

use std::io::{self, IsTerminal, Write, stdout};

use book_machine::compare::{self, Change, Move};
use book_machine::lines::{Line, Sign, around, count, difference};
use book_machine::outline::Outline;
use book_machine::prose::counted;
use book_machine::repository::Chapter;
use book_machine::tree::Tree;
use clap::Args;

use crate::{Error, book};
use groups::{Group, groups};

/// How many files of a module the summary names.
const NAMED: usize = 6;

/// What the command line asks for.
#[derive(Args)]
pub struct Options {
    old: String,
    new: String,
    /// A file, a folder, or FILE#ITEM; without one, everything but the tests
    place: Option<String>,
    /// Shows the changes of the tests too
    #[arg(long)]
    tests: bool,
    /// Shows only the summary
    #[arg(long)]
    summary: bool,
}

/// Prints the difference, or that of one file or item.
pub fn run(options: &Options) -> Result<(), Error> {
    let (old, new) = (book::chapter(&options.old)?, book::chapter(&options.new)?);
    let after = Tree::read(&new.folder)?;
    let before = Tree::read(&old.folder)?.named_like(&after);
    let mut out = Vec::new();
    let place = options.place.as_deref();
    match place.and_then(|place| place.split_once('#')) {
        Some((file, item)) => show_item(&mut out, &before, &after, file, item)?,
        None => show_files(&mut out, options, &new, &before, &after)?,
    }
    // A pager that the reader closes early is no fault.
    let _ = stdout().write_all(&out);
    Ok(())
}

fn show_item(
    out: &mut impl Write,
    before: &Tree,
    after: &Tree,
    file: &str,
    item: &str,
) -> Result<(), Error> {
    let (a, b) = (text(before, file, item)?, text(after, file, item)?);
    if a.is_none() && b.is_none() {
        let known = after.get(file).or(before.get(file)).ok_or("no such file")?;
        return Err(match Outline::parse(file, known)?.find(item) {
            Err(error) => error.to_string().into(),
            Ok(_) => "no such item".into(),
        });
    }
    let lines = difference(&a.unwrap_or_default(), &b.unwrap_or_default());
    Ok(show(out, &lines)?)
}

/// A summary, and the changes of each module in the order of the chapter's page.
fn show_files(
    out: &mut impl Write,
    options: &Options,
    new: &Chapter,
    before: &Tree,
    after: &Tree,
) -> Result<(), Error> {
    let place = options.place.as_deref().unwrap_or_default();
    let mut changes = compare::files(before, after);
    changes.retain(|change| change.file.starts_with(place));
    let page = book::repository().page(&format!("{}.md", new.name));
    let groups = groups(&changes, &page.unwrap_or_default());
    summarize(out, &groups)?;
    let moves = compare::moves(before, after)?;
    for moved in moves.iter().filter(|moved| moved.to.starts_with(place)) {
        let (same, all) = moved.kept;
        let Move { item, from, to, .. } = moved;
        let kept = format!("{same} of {all} lines as they were");
        writeln!(out, "moved {item}: {from} -> {to}, {kept}")?;
    }
    if options.summary {
        return Ok(());
    }
    let is_folded = !options.tests && place.is_empty();
    for group in &groups {
        if group.is_of_tests() && is_folded {
            writeln!(out, "\n== tests: add --tests to see their changes")?;
            continue;
        }
        for change in &group.changes {
            show_file(out, change)?;
        }
    }
    Ok(())
}

/// One line for each module, and the changes that occur again and again.
fn summarize(out: &mut impl Write, groups: &[Group<'_>]) -> io::Result<()> {
    let files: usize = groups.iter().map(|group| group.changes.len()).sum();
    writeln!(out, "{}, by module:\n", counted(files, "changed file"))?;
    for group in groups {
        let (added, removed) = group.lines();
        let lines = format!("+{added} -{removed}");
        writeln!(out, "{:<12} {lines:>10}  {}", group.name, names(group))?;
    }
    let typed = groups.iter().filter(|group| !group.is_of_tests());
    for pattern in patterns::patterns(typed.flat_map(|g| g.changes.iter().copied()))
    {
        writeln!(out, "{:<12} {:>10}  {pattern}", "pattern", "")?;
    }
    writeln!(out)
}

/// The first files of a module.
fn names(group: &Group<'_>) -> String {
    let files = group.changes.iter().take(NAMED);
    let names = files.map(|change| short(change, &group.name));
    let names = names.collect::<Vec<_>>().join(", ");
    match group.changes.len().saturating_sub(NAMED) {
        0 => names,
        more => format!("{names}, {more} more"),
    }
}

/// The file inside its module, and whether it is new or gone.
fn short(change: &Change, module: &str) -> String {
    let file = change.file.strip_prefix("src/").unwrap_or(&change.file);
    let name = file.strip_prefix(&format!("{module}/")).unwrap_or(file);
    let has = |sign| count(&change.lines, sign) > 0;
    let kept = has(Sign::Same) || change.from.is_some();
    match (kept, has(Sign::Added)) {
        (false, true) => format!("{name} (new)"),
        (false, false) => format!("{name} (gone)"),
        (true, _) => name.to_owned(),
    }
}

fn show_file(out: &mut impl Write, change: &Change) -> io::Result<()> {
    let from = change.from.as_ref().map(|from| format!(" (was {from})"));
    let (file, from) = (&change.file, from.unwrap_or_default());
    let added = count(&change.lines, Sign::Added);
    let removed = count(&change.lines, Sign::Removed);
    writeln!(out, "\n== {file}{from}  +{added} -{removed}")?;
    show(out, &around(&change.lines, 3))
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

fn show(out: &mut impl Write, lines: &[Line]) -> io::Result<()> {
    let colours = stdout().is_terminal();
    for line in lines {
        let (sign, colour) = match line.sign {
            Sign::Added => ("+", "\u{1b}[32m"),
            Sign::Removed => ("-", "\u{1b}[31m"),
            Sign::Same => (" ", ""),
            Sign::Gap => (" …", ""),
        };
        match colours && !colour.is_empty() {
            true => writeln!(out, "{colour}{sign}{}\u{1b}[0m", line.text)?,
            false => writeln!(out, "{sign}{}", line.text)?,
        }
    }
    Ok(())
}
