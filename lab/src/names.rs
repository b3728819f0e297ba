//! Names for what differs from run to run: ids, dates, ports. The same value
//! keeps its name throughout.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The smallest number that is read as a time: 2020, in milliseconds.
const FIRST_EPOCH_MS: f64 = 1_577_836_800_000.0;

/// `x` stands for a hexadecimal digit, `9` for a decimal one.
const UUID: &str = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
/// A tape's id without its first word.
const TAPE: &str = "tape-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
/// How the key of a session begins after its prefix: its shard.
const SHARD: &str = "{xx}:";
/// A time in milliseconds; with `-` and a number it is the id of an event.
const EPOCH: &str = "9999999999999";
/// The part of an ISO 8601 date that has a fixed form.
const DATE: &str = "9999-99-99T99:99:99";
/// A duration in JSON; in a string of JSON its quotes have a backslash.
const DURATIONS: [&str; 2] = ["\"uptime\":", "\"uptime\\\":"];

/// The names that were given so far.
#[derive(Debug, Default, Clone)]
pub struct Names {
    sessions: Vec<String>,
    given: Vec<(String, String)>,
    ids: Vec<String>,
    tapes: Vec<String>,
    entries: Vec<String>,
    /// Sessions are called `s1` instead of `session-1`.
    are_short: bool,
}

impl Names {
    /// This id is a session's: the next one, if it has no name yet.
    pub fn session(&mut self, id: &str) {
        if !self.sessions.iter().any(|known| known == id) {
            self.sessions.push(id.to_owned());
        }
    }

    /// Calls sessions `s1`, `s2` and so on, as a person types them.
    pub fn shorten(&mut self) {
        self.are_short = true;
    }

    /// The session of this name.
    pub fn session_of(&self, name: &str) -> Option<&str> {
        let given = self.given.iter().find(|(_, known)| known == name);
        let numbered = name.strip_prefix('s').and_then(|n| n.parse().ok());
        let numbered =
            numbered.and_then(|n: usize| self.sessions.get(n.checked_sub(1)?));
        given.map(|(id, _)| id).or(numbered).map(String::as_str)
    }

    /// All sessions, with their names.
    pub fn sessions(&self) -> Vec<(String, String)> {
        let mut names = self.clone();
        let named = self.sessions.iter().map(|id| {
            (names.name_of(id).trim_matches(['[', ']']).to_owned(), id.clone())
        });
        named.collect()
    }

    /// This id is known under a name of the story's choice.
    pub fn give(&mut self, id: &str, name: &str) {
        if !self.given.iter().any(|(known, _)| known == id) {
            self.given.push((id.to_owned(), name.to_owned()));
        }
    }

    /// The same value with names for what differs from run to run.
    pub fn steady(&mut self, value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                // Sorted, also when a feature of serde_json keeps the order.
                let members: BTreeMap<_, _> = members.iter().collect();
                let steady = members.into_iter().map(|(name, value)| {
                    let value = match name.as_str() {
                        "uptime" => json!("[duration]"),
                        _ => self.steady(value),
                    };
                    (name.clone(), value)
                });
                steady.collect()
            }
            Value::Array(items) => {
                items.iter().map(|item| self.steady(item)).collect()
            }
            Value::String(text) => self.steady_string(text),
            Value::Number(n) if n.as_f64().is_some_and(|n| n > FIRST_EPOCH_MS) => {
                json!("[now]")
            }
            other => other.clone(),
        }
    }

    /// A string may itself hold JSON, as the text of a resource does.
    fn steady_string(&mut self, text: &str) -> Value {
        match serde_json::from_str::<Value>(text) {
            Ok(inner) if inner.is_object() || inner.is_array() => {
                let steady = self.steady(&inner);
                if steady == inner {
                    json!(text)
                } else {
                    json!(steady.to_string())
                }
            }
            _ => json!(self.steady_text(text)),
        }
    }

    /// The same text with names; everything else is left byte for byte.
    pub fn steady_text(&mut self, text: &str) -> String {
        let mut steady = String::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let in_number = steady.ends_with(|c: char| c.is_ascii_digit());
            let length = match self.name_at(rest, in_number) {
                Some((length, name)) => {
                    steady.push_str(&name);
                    length
                }
                None => {
                    steady.push(next);
                    next.len_utf8()
                }
            };
            rest = &rest[length..];
        }
        steady
    }

    /// If the text begins with something that differs: its length and its name.
    fn name_at(&mut self, text: &str, in_number: bool) -> Option<(usize, String)> {
        if let Some(found) = matches(text, UUID) {
            return Some((found.len(), self.name_of(found)));
        }
        if matches(text, SHARD).is_some() {
            return Some((SHARD.len(), "{shard}:".into()));
        }
        if let Some(found) = matches(text, TAPE) {
            let name = place(&mut self.tapes, "tape", found);
            return Some((found.len(), name));
        }
        if let Some(found) = matches(text, DATE) {
            let tail = text[found.len()..].find('Z').map_or(0, |at| at + 1);
            return Some((found.len() + tail, "[time]".into()));
        }
        if let Some(port) = text.strip_prefix("127.0.0.1:") {
            let length = text.len() - port.len() + digits(port);
            return Some((length, "127.0.0.1:[port]".into()));
        }
        for duration in DURATIONS {
            if let Some(number) = text.strip_prefix(duration) {
                let name = format!("{duration}[duration]");
                return Some((duration.len() + digits(number), name));
            }
        }
        let epoch = matches(text, EPOCH).filter(|_| !in_number)?;
        let rest = &text[epoch.len()..];
        if let Some(number) = rest.strip_prefix('-')
            && digits(number) > 0
        {
            let length = epoch.len() + 1 + digits(number);
            return Some((length, self.entry(&text[..length])));
        }
        let is_time = epoch.parse().is_ok_and(|ms: f64| ms > FIRST_EPOCH_MS);
        (is_time && digits(rest) == 0).then(|| (epoch.len(), "[now]".to_owned()))
    }

    /// The place of an event in its log: the first, the second …
    fn entry(&mut self, id: &str) -> String {
        place(&mut self.entries, "event", id)
    }

    fn name_of(&mut self, id: &str) -> String {
        if let Some((_, name)) = self.given.iter().find(|(known, _)| known == id) {
            return format!("[{name}]");
        }
        if let Some(at) = self.sessions.iter().position(|known| known == id) {
            let word = if self.are_short { "s" } else { "session-" };
            return format!("[{word}{}]", at + 1);
        }
        place(&mut self.ids, "id", id)
    }
}

/// Whether a text has an id in it.
pub fn has_id(text: &str) -> bool {
    text.char_indices().any(|(at, _)| matches(&text[at..], UUID).is_some())
}

/// `[kind-1]` for the first of its kind, and so on.
fn place(known: &mut Vec<String>, kind: &str, id: &str) -> String {
    let at = known.iter().position(|other| other == id).unwrap_or_else(|| {
        known.push(id.to_owned());
        known.len() - 1
    });
    format!("[{kind}-{}]", at + 1)
}

/// How many digits a text begins with.
fn digits(text: &str) -> usize {
    text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len()
}

/// The beginning of `text`, if it has the form of `pattern`.
fn matches<'a>(text: &'a str, pattern: &str) -> Option<&'a str> {
    let head = text.get(..pattern.len())?;
    let fits = head.bytes().zip(pattern.bytes()).all(|(byte, form)| match form {
        b'x' => byte.is_ascii_hexdigit(),
        b'9' => byte.is_ascii_digit(),
        literal => byte == literal,
    });
    fits.then_some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
    const TWO: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

    #[test]
    fn a_value_keeps_its_name_and_the_session_is_called_so() {
        let mut names = Names::default();
        names.session(ONE);
        let text = format!("session://info/{ONE} {TWO} {TWO} {ONE}");
        assert_eq!(
            names.steady_text(&text),
            "session://info/[session-1] [id-1] [id-1] [session-1]"
        );
        names.give(TWO, "node-1");
        assert_eq!(names.steady_text(TWO), "[node-1]");
    }

    #[test]
    fn times_ports_and_durations_become_names() {
        let mut names = Names::default();
        let inner = json!({ "uptime": 17, "when": 1_790_000_000_123_u64 });
        let value = json!({
            "startTime": "2026-08-01T10:11:12.345Z",
            "at": "http://127.0.0.1:40123/mcp",
            "text": inner.to_string(),
            "sum": 150,
        });
        let expected = json!({
            "startTime": "[time]",
            "at": "http://127.0.0.1:[port]/mcp",
            "text": r#"{"uptime":"[duration]","when":"[now]"}"#,
            "sum": 150,
        });
        assert_eq!(names.steady(&value), expected);
    }

    #[test]
    fn in_a_text_the_rest_is_left_byte_for_byte() {
        let mut names = Names::default();
        assert_eq!(
            names.steady_text(r#"{"b":1790000000123, "uptime":17,"a":1.50}"#),
            r#"{"b":[now], "uptime":[duration],"a":1.50}"#
        );
        assert_eq!(
            names.steady_text(r#"{\"uptime\":9}"#),
            r#"{\"uptime\":[duration]}"#
        );
        assert_eq!(
            names.steady_text(
                "c1.1790000000123-0 c1.1790000000123-1 c1.1790000000123-0"
            ),
            "c1.[event-1] c1.[event-2] c1.[event-1]"
        );
        let long = "17900000001234 0.17900000001239876 1234567890123";
        assert_eq!(names.steady_text(long), long, "no times");
    }
}
