//! The record as a Mermaid sequence diagram. A question is a solid arrow, an answer
//! a dashed one; a connection that breaks ends in a cross. Redis' answer of several
//! values is in the transcript only, if it follows its command at once.

use super::record::{Entry, Record, SESSION, What, participants};
use super::resp::Value;
use super::words;

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
        let mut what = words::few(&entry.what, record.focus.as_deref());
        if let (true, What::Request { headers, .. }) = (several, &entry.what)
            && let Some((_, id)) = headers.iter().find(|(name, _)| name == SESSION)
        {
            what.push_str(&format!(", {id}"));
        }
        text.push_str(&format!("    {}{}\n", arrow(entry), plain(&what)));
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
    match &entry.what {
        What::Request { .. } | What::Command(_) => between("->>"),
        What::Line(text) if text.contains("\"method\"") => between("->>"),
        What::Cut | What::Refused(_) => between("--x"),
        What::Held(_) | What::Remark(_) | What::Killed => {
            format!("Note over {}: ", who.join(","))
        }
        _ => between("-->>"),
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
