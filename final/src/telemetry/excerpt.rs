//! Excerpts of values for the log. A log line shows only an excerpt of each value,
//! because any value may come from a client. An excerpt is short and escaped, and
//! contains no whole id.

use std::fmt::{self, Debug, Write};

/// The longest excerpt, in characters. Names, reasons and errors fit, but a body of
/// a megabyte must not fill the disk.
const LONGEST: usize = 200;

/// The number of characters of an id that are shown, as in [`SessionId::hint`]:
/// enough to find its other lines, not enough to use the session.
///
/// [`SessionId::hint`]: crate::sessions::SessionId::hint
const HINT: usize = 13;

/// The length of a session ID.
const UUID: usize = 36;

/// The prefix of a tape ID, and the number of hexadecimal digits after it.
const TAPE: (&str, usize) = ("tape-", 32);

/// Marks omitted text.
const ELLIPSIS: char = '…';

/// Returns the `Debug` output of `value` in at most [`LONGEST`] printable
/// characters.
pub fn excerpt(value: &dyn Debug) -> String {
    let mut kept = Kept::default();
    // An error means that the rest was dropped.
    let is_whole = write!(kept, "{value:?}").is_ok();
    let mut text = hide_ids(&kept.text);
    if !is_whole {
        // The cut may have split an id, whose first part does not look like one.
        let last_word = text.trim_end_matches(is_part_of_id).len();
        text.truncate(last_word.max(text.len().saturating_sub(UUID)));
    }
    if !is_whole || text.chars().count() > LONGEST {
        let cut = text.char_indices().nth(LONGEST - 1).map(|(index, _)| index);
        text.truncate(cut.unwrap_or(text.len()));
        text.push(ELLIPSIS);
    }
    text
}

/// The escaped beginning of a text. It is longer than an excerpt by the length of
/// an id, so that an id at the end of the excerpt is found.
#[derive(Default)]
struct Kept {
    text: String,
    characters: usize,
}

impl Write for Kept {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|character| match character {
            '"' | '\'' | '\\' => self.write_char(character),
            // This escapes control characters, line and paragraph separators, and
            // characters that change the direction of the text.
            _ => character.escape_debug().try_for_each(|c| self.write_char(c)),
        })
    }

    fn write_char(&mut self, character: char) -> fmt::Result {
        if self.characters == LONGEST + UUID {
            return Err(fmt::Error);
        }
        self.characters += 1;
        self.text.push(character);
        Ok(())
    }
}

/// Returns whether a character may be part of an id. Each is ASCII, and so one
/// byte.
fn is_part_of_id(character: char) -> bool {
    character.is_ascii_hexdigit() || "tape-".contains(character)
}

/// Replaces all but the beginning of each session ID and tape ID.
fn hide_ids(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (kept, length) = match id_length(rest) {
            Some(length) => (HINT, length),
            None => (first.len_utf8(), first.len_utf8()),
        };
        shown.push_str(&rest[..kept]);
        if kept < length {
            shown.push(ELLIPSIS);
        }
        rest = &rest[length..];
    }
    shown
}

/// Returns the length of the id at the start of a text; `None` if there is no id
/// there. Ids are ASCII.
fn id_length(text: &str) -> Option<usize> {
    let are_digits = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    let is_uuid = |text: &&str| {
        let mut groups = text.split('-');
        let lengths = [8, 4, 4, 4, 12].into_iter();
        lengths.eq(groups.clone().map(str::len)) && groups.all(are_digits)
    };
    let (prefix, digits) = TAPE;
    let tape = text.strip_prefix(prefix).and_then(|rest| rest.get(..digits));
    match tape.is_some_and(are_digits) {
        true => Some(prefix.len() + digits),
        false => text.get(..UUID).filter(is_uuid).map(str::len),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sessions::SessionId;

    fn shown(text: &str) -> String {
        excerpt(&format_args!("{text}"))
    }

    #[test]
    fn a_short_text_is_shown_as_it_is() {
        let text = r#"op "é" must be 'add' or \n: ok"#;
        assert_eq!(shown(text), text);
        assert_eq!(shown(&"x".repeat(LONGEST)).len(), LONGEST);
    }

    #[test]
    fn a_long_text_is_cut() {
        for text in ["x", "a", "é", "\n", "-"] {
            let shown = shown(&text.repeat(750_000));
            let length = shown.chars().count();
            assert!((LONGEST - 1..=LONGEST).contains(&length), "{shown}");
            assert!(shown.ends_with(ELLIPSIS), "{shown}");
        }
    }

    /// Unescaped, a client's value could forge log lines or control a terminal.
    #[test]
    fn what_is_not_printable_is_escaped() {
        let text = "a\r\nb\x1b[31m\u{7f}\u{85}\u{2028}\u{202e}\u{0}";
        let escaped = r"a\r\nb\u{1b}[31m\u{7f}\u{85}\u{2028}\u{202e}\0";
        assert_eq!(shown(text), escaped);
    }

    /// A reader of the log could use a session whose whole id is shown.
    #[test]
    fn ids_are_shown_as_hints_wherever_they_are() {
        for id in [SessionId::random(), SessionId::random_tape()] {
            let whole = id.to_string();
            let hint = format!("{}…", id.hint());
            assert_eq!(shown(&whole), hint);
            assert_eq!(shown(&format!("mcp:{{{whole}}}:history {whole}")), {
                format!("mcp:{{{hint}}}:history {hint}")
            });
            for before in 0..LONGEST + UUID {
                let shown = shown(&format!("{}{whole}{whole}", "z".repeat(before)));
                assert!(!shown.contains(&whole[..HINT + 1]), "{shown}");
            }
            let many = shown(&whole.repeat(30));
            assert!(!many.contains(&whole[..HINT + 1]), "{many}");
        }
    }
}
