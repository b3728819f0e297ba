//! Differences, line by line.

use diffy::DiffOptions;

/// A line of a difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Whether it came, went or stayed.
    pub sign: Sign,
    /// The line without its end.
    pub text: String,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It was there and is there.
    Same,
    /// It stands for lines that are left out.
    Gap,
}

impl Line {
    /// A line with its sign.
    pub fn new(sign: Sign, text: &str) -> Self {
        Self { sign, text: text.to_owned() }
    }
}

/// All lines of both texts, in order.
pub fn difference(old: &str, new: &str) -> Vec<Line> {
    match (old, new) {
        _ if old == new => return all(Sign::Same, new),
        ("", _) => return all(Sign::Added, new),
        (_, "") => return all(Sign::Removed, old),
        _ => {}
    }
    let mut options = DiffOptions::new();
    options.set_context_len(1_000_000);
    let patch = options.create_patch(old, new);
    let lines = patch.hunks().iter().flat_map(|hunk| hunk.lines());
    let line = |line: &diffy::Line<'_, str>| match line {
        diffy::Line::Context(text) => {
            Line::new(Sign::Same, text.trim_end_matches('\n'))
        }
        diffy::Line::Delete(text) => {
            Line::new(Sign::Removed, text.trim_end_matches('\n'))
        }
        diffy::Line::Insert(text) => {
            Line::new(Sign::Added, text.trim_end_matches('\n'))
        }
    };
    lines.map(line).collect()
}

/// The lines as a terminal shows them, signs first.
pub fn plain(lines: &[Line]) -> String {
    let line = |line: &Line| match line.sign {
        Sign::Added => format!("+{}\n", line.text),
        Sign::Removed => format!("-{}\n", line.text),
        Sign::Same => format!(" {}\n", line.text),
        Sign::Gap => format!(" {}…\n", line.text),
    };
    lines.iter().map(line).collect()
}

/// The lines of one text under one sign.
pub fn all(sign: Sign, text: &str) -> Vec<Line> {
    text.lines().map(|line| Line::new(sign, line)).collect()
}

/// Only the changed lines and `context` lines around them; the first line stays
/// as the place's name.
pub fn around(lines: &[Line], context: usize) -> Vec<Line> {
    let changed: Vec<usize> =
        (0..lines.len()).filter(|index| lines[*index].sign != Sign::Same).collect();
    let near = |index: usize| {
        index == 0 || changed.iter().any(|place| place.abs_diff(index) <= context)
    };
    let mut shown = Vec::new();
    let mut left_out: Vec<&Line> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if !near(index) {
            left_out.push(line);
            continue;
        }
        flush(&mut left_out, &mut shown);
        shown.push(line.clone());
    }
    flush(&mut left_out, &mut shown);
    shown
}

/// The changed lines, blank ones left out. One inside a longer `use` comes with all
/// of it: alone it would not say where it belongs.
pub fn statements(lines: &[Line]) -> Vec<Line> {
    let is_inner = |line: &Line| line.text.starts_with([' ', '}']);
    let mut shown = Vec::new();
    let mut rest = lines;
    while let Some(first) = rest.first() {
        let inside = rest[1..].iter().take_while(|line| is_inner(line)).count();
        let (statement, others) = rest.split_at(1 + inside);
        rest = others;
        let is_use = ["use ", "pub use ", "pub(crate) use "]
            .iter()
            .any(|begin| first.text.starts_with(begin));
        let is_open =
            is_use && statement.iter().any(|line| line.sign != Sign::Same);
        let wanted = statement.iter().filter(|line| {
            !line.text.is_empty() && (is_open || line.sign != Sign::Same)
        });
        shown.extend(wanted.cloned());
    }
    shown
}

/// A gap of one line would be as long as the line itself.
fn flush(left_out: &mut Vec<&Line>, shown: &mut Vec<Line>) {
    match left_out.as_slice() {
        [] => {}
        [line] => shown.push((*line).clone()),
        [first, ..] => {
            let indent = first.text.len() - first.text.trim_start().len();
            shown.push(Line::new(Sign::Gap, &" ".repeat(indent)));
        }
    }
    left_out.clear();
}

/// How many lines have that sign.
pub fn count(lines: &[Line], sign: Sign) -> usize {
    lines.iter().filter(|line| line.sign == sign).count()
}

/// `text` moved so that its least indented line has `indent` spaces.
pub fn indented(text: &str, indent: usize) -> String {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let filled = text.lines().filter(|line| !line.trim().is_empty());
    let least = filled.map(depth).min().unwrap_or(0);
    let line = |line: &str| match line.trim().is_empty() {
        true => "\n".to_owned(),
        false => format!("{}{}\n", " ".repeat(indent), &line[least..]),
    };
    text.lines().map(line).collect()
}

/// How far the least indented line of `text` is from the margin.
pub fn indent(text: &str) -> usize {
    let filled = text.lines().filter(|line| !line.trim().is_empty());
    filled.map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0)
}
