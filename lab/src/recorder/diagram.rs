//! The record as a Mermaid sequence diagram. A question is a solid arrow, an answer
//! a dashed one; a connection that breaks ends in a cross. Redis' answer of several
//! values is in the transcript only, if it follows its command at once.

use super::record::{Entry, Record, SESSION, What, participants};
use super::resp::Value;
use super::words;

/// How a message is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A solid arrow.
    Question,
    /// A dashed arrow.
    Answer,
    /// An arrow that ends in a cross.
    Broken,
    /// A note over its participants.
    Note,
}

/// The shape of an entry.
pub fn shape(entry: &Entry) -> Shape {
    match &entry.what {
        What::Request { .. } | What::Command(_) => Shape::Question,
        What::Line(text) if text.contains("\"method\"") => Shape::Question,
        What::Cut | What::Refused(_) => Shape::Broken,
        What::Held(_) | What::Remark(_) | What::Killed => Shape::Note,
        _ => Shape::Answer,
    }
}

/// The words of an entry. `several`: a request names its session.
pub fn label(entry: &Entry, focus: Option<&str>, several: bool) -> String {
    let mut what = words::few(&entry.what, focus);
    if let (true, What::Request { headers, .. }) = (several, &entry.what)
        && let Some((_, id)) = headers.iter().find(|(name, _)| name == SESSION)
    {
        what.push_str(&format!(", {id}"));
    }
    plain(&what)
}

/// The diagram's text.
pub fn mermaid(record: &mut Record) -> String {
    let entries = record.told();
    let several = sessions(&entries) > 1;
    let mut text = "sequenceDiagram\n".to_owned();
    for name in participants(&entries) {
        text.push_str(&format!("    participant {} as {name}\n", alias(&name)));
    }
    for (index, entry) in entries.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| &entries[before]);
        if before.is_some_and(|before| says_nothing(before, entry)) {
            continue;
        }
        let label = label(entry, record.focus.as_deref(), several);
        text.push_str(&format!("    {}{label}\n", arrow(entry)));
    }
    text
}

/// Whether an entry is a list with which Redis answers the one before.
fn says_nothing(before: &Entry, entry: &Entry) -> bool {
    match (&before.what, &entry.what) {
        (What::Command(asked), What::Reply(command, Value::List(_))) => {
            asked == command && before.who.first() == entry.who.get(1)
        }
        _ => false,
    }
}

/// How many sessions requests name.
fn sessions(entries: &[Entry]) -> usize {
    let mut ids: Vec<&str> = Vec::new();
    for entry in entries {
        if let What::Request { headers, .. } = &entry.what {
            let named = headers.iter().filter(|(name, _)| name == SESSION);
            ids.extend(named.map(|(_, id)| &**id));
        }
    }
    ids.sort_unstable();
    ids.dedup();
    ids.len()
}

/// Everything before the words: an arrow, or over whom a note stands.
fn arrow(entry: &Entry) -> String {
    let who: Vec<_> = entry.who.iter().map(|name| alias(name)).collect();
    let between = |arrow: &str| format!("{}: ", who.join(arrow));
    match shape(entry) {
        Shape::Question => between("->>"),
        Shape::Answer => between("-->>"),
        Shape::Broken => between("--x"),
        Shape::Note => format!("Note over {}: ", who.join(",")),
    }
}

/// A name that cannot be taken for a part of an arrow.
fn alias(name: &str) -> String {
    name.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

/// Without what has a meaning in Mermaid; a name needs no brackets here.
fn plain(text: &str) -> String {
    let text = text.replace(';', ",").replace('#', "");
    let mut plain = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('[') {
        plain.push_str(before);
        match after.split_once(']') {
            Some((name, after)) if is_name(name) => {
                plain.push_str(name);
                rest = after;
            }
            _ => {
                plain.push('[');
                rest = after;
            }
        }
    }
    plain + rest
}

/// `session-1`, `time`
fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|c| c.is_ascii_lowercase())
        && letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}
