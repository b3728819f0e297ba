//! The record as a transcript. `>` is what a client or a node asks, `<` what it is
//! told. With more than two participants each message says who speaks to whom.

use super::record::{Command, Entry, Record, What, participants};
use super::{CLIENT, REDIS, words};

/// The width of a page's code.
const WIDTH: usize = 84;

/// The headers that are part of the story. `content-type` is, if it is not JSON.
const SHOWN: [&str; 6] = [
    "allow",
    "last-event-id",
    "mcp-session-id",
    "origin",
    "retry-after",
    "www-authenticate",
];

/// The longest list of arguments or reply of Redis, in characters.
const LONGEST: usize = 240;

/// The text of all entries.
pub fn transcript(record: &mut Record) -> String {
    let entries = record.told();
    let is_pair = participants(&entries).len() < 3;
    text(&entries, is_pair)
}

/// The text of these entries. `is_pair`: it is clear who speaks to whom.
pub fn text(entries: &[Entry], is_pair: bool) -> String {
    let mut text = String::new();
    let mut before: Option<&Entry> = None;
    for entry in entries {
        if before.is_some_and(|before| is_apart(before, entry, is_pair)) {
            text.push('\n');
        }
        if !is_pair && !matches!(entry.what, What::Remark(_) | What::Killed) {
            text.push_str(&format!("{}\n", entry.who.join(" → ")));
        }
        text.push_str(&one(entry));
        before = Some(entry);
    }
    text
}

/// Whether a blank line stands between two entries: before each question, around
/// remarks, and everywhere if each message says who speaks.
fn is_apart(before: &Entry, entry: &Entry, is_pair: bool) -> bool {
    let is_remark =
        |entry: &Entry| matches!(entry.what, What::Remark(_) | What::Killed);
    !is_pair
        || is_remark(before)
        || is_remark(entry)
        || matches!(entry.what, What::Request { .. })
}

fn one(entry: &Entry) -> String {
    let from = entry.who.first().map(String::as_str).unwrap_or_default();
    let to = entry.who.get(1).map(String::as_str).unwrap_or_default();
    let asks = to == REDIS || (from.starts_with(CLIENT) && from != to);
    let side = if asks { '>' } else { '<' };
    let mut text = String::new();
    let mut line = |line: &str| {
        text.push_str(&broken(side, line));
    };
    match &entry.what {
        What::Request { line: first, headers, body }
        | What::Response { line: first, headers, body, .. } => {
            line(first);
            for (name, value) in headers {
                let is_other_type = name == "content-type"
                    && !value.starts_with("application/json");
                if SHOWN.contains(&name.as_str()) || is_other_type {
                    line(&format!("{name}: {value}"));
                }
            }
            body.lines().for_each(line);
        }
        What::Event(event) => {
            let retry = event.retry.map(|retry| retry.to_string());
            for (name, value) in [
                ("id", &event.id),
                ("event", &event.kind),
                ("retry", &retry),
                ("data", &event.data),
            ] {
                let Some(value) = value else { continue };
                line(format!("{name}: {value}").trim_end());
            }
        }
        What::End => line("(the stream ends)"),
        What::Command(command) => line(&in_full(command)),
        What::Reply(_, value) => line(&shortened(&words::reply(value))),
        What::Pushed { channel, payload } => {
            line(&format!("message {channel} {payload}"));
        }
        What::Line(said) => line(said),
        What::Cut => line("(the connection breaks)"),
        What::Held(held) => {
            line(&format!("(held back: {})", words::few(held, None)));
        }
        What::Refused(what) => {
            line(&format!("(no connection for {})", words::few(what, None)));
        }
        What::Killed => {
            text = format!("({from} is killed)\n");
        }
        What::Remark(said) => text = format!("({said})\n"),
    }
    text
}

/// A command with its keys; of several keys of one script the first.
fn in_full(command: &Command) -> String {
    let mut parts = vec![command.name.clone()];
    parts.extend(command.keys.first().cloned());
    match command.keys.len() {
        0 | 1 => {}
        keys => parts.push(format!("(and {} more keys)", keys - 1)),
    }
    parts.extend(command.arguments.iter().map(|word| match word.is_empty() {
        true => "''".to_owned(),
        false => word.clone(),
    }));
    shortened(&parts.join(" "))
}

fn shortened(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text,
    }
}

/// Broken after commas, and where there is none in reach after blanks, so that it
/// stays readable.
fn broken(side: char, text: &str) -> String {
    let (mut lines, mut line) = (String::new(), String::new());
    for part in text.split_inclusive(',').flat_map(short_parts) {
        if line.len() + part.len() > WIDTH - 4 && !line.trim().is_empty() {
            lines.push_str(format!("{side} {line}").trim_end());
            lines.push('\n');
            line = "  ".to_owned();
        }
        line.push_str(part);
    }
    lines + &format!("{side} {line}\n")
}

fn short_parts(part: &str) -> Vec<&str> {
    match part.len() > WIDTH - 6 {
        true => part.split_inclusive(' ').collect(),
        false => vec![part],
    }
}
