//! The messages of MCP, as Rust types.
//!
//! This module has no I/O and no async, and does not depend on transports or
//! storage.
#![allow(
    missing_docs,
    reason = "fields have the schema's names; each module cites its page, and \
              comments only what the schema leaves open"
)]

pub mod body;
pub mod caching;
pub mod completion;
pub mod content;
pub mod discovery;
pub mod elicitation;
pub mod envelope;
pub mod errors;
pub mod jsonrpc;
pub mod lifecycle;
pub mod logging;
pub mod message_kind;
pub mod meta;
pub mod method;
pub(crate) mod names;
pub mod pagination;
pub mod parameters;
pub mod progress;
pub mod prompts;
pub mod question;
pub mod raw;
pub mod resources;
pub mod results;
pub mod retries;
pub mod roots;
pub mod sampling;
pub mod subscriptions;
pub mod tools;
pub mod trace;
pub mod version;

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

/// A JSON text that is already valid and compact, and is passed on unparsed.
pub type RawJson = Box<RawValue>;

/// Serializes one of our own types. This cannot fail, because none has a map whose
/// keys are not strings, and none returns an error of its own.
pub fn to_raw(value: &impl Serialize) -> RawJson {
    serde_json::value::to_raw_value(value).unwrap_or_default()
}

/// The characters that many readers treat as the end of a line, although event
/// streams and stdio do not: NEL, LINE SEPARATOR, PARAGRAPH SEPARATOR.
const LINE_ENDS: [(char, &str); 3] =
    [('\u{85}', "\\u0085"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")];

/// Returns a message as a text that every reader treats as one line. It escapes
/// these characters, which JSON allows only in strings, so the message stays the
/// same.
pub fn one_line(message: &RawJson) -> Cow<'_, str> {
    let text = message.get();
    if text.is_ascii() {
        return text.into();
    }
    LINE_ENDS.iter().fold(text.into(), |text: Cow<'_, str>, (end, escape)| {
        if text.contains(*end) { text.replace(*end, escape).into() } else { text }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_no_character_at_which_a_reader_would_split_it() {
        let text = "ä\u{85}b\u{2028}c\u{2029}d\u{2027}";
        let message = to_raw(&text);
        let line = one_line(&message);
        assert_eq!(line, "\"ä\\u0085b\\u2028c\\u2029d\u{2027}\"");
        let back: String = serde_json::from_str(&line).unwrap_or_default();
        assert_eq!(back, text);
    }
}
