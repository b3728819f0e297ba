//! Exchanges as text that is the same in every run: what a snapshot keeps.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
};

use serde_json::{Value, json};

use crate::{Body, Exchange};

/// The headers that are worth reading. All others are noise of HTTP.
const SHOWN: [&str; 12] = [
    "accept",
    "allow",
    "authorization",
    "content-type",
    "last-event-id",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
    "origin",
    "retry-after",
    "www-authenticate",
];

/// The smallest number that is read as a time: 2020, in milliseconds.
const FIRST_EPOCH_MS: f64 = 1_577_836_800_000.0;

/// A conversation written down. What differs from run to run gets a name; the
/// same value keeps its name throughout.
#[derive(Debug, Default)]
pub struct Transcript {
    text: String,
    sessions: Vec<String>,
    ids: Vec<String>,
    entries: Vec<String>,
}

impl Transcript {
    /// The transcript of one exchange.
    pub fn of(exchange: &Exchange) -> Self {
        let mut transcript = Self::default();
        transcript.add(exchange);
        transcript
    }

    /// Writes down one more exchange.
    pub fn add(&mut self, exchange: &Exchange) {
        let session = exchange.header("mcp-session-id");
        self.sessions.extend(
            session
                .filter(|id| !self.sessions.iter().any(|known| known == id))
                .map(str::to_owned),
        );
        let sent = &exchange.request;
        for (name, value) in &sent.headers {
            if name == "mcp-session-id" && !self.sessions.contains(value) {
                self.sessions.push(value.clone());
            }
        }
        if !self.text.is_empty() {
            self.text.push_str("\n────\n\n");
        }
        self.line(&format!("{} {}", sent.method, sent.path));
        for (name, value) in sorted(&sent.headers) {
            self.header(name, value);
        }
        self.body(&String::from_utf8_lossy(&sent.body));
        self.line("");
        self.line(&format!("HTTP {}", exchange.status));
        for name in SHOWN {
            if let Some(value) = exchange.header(name) {
                self.header(name, value);
            }
        }
        match &exchange.body {
            Body::Empty => {}
            Body::Text(text) => self.body(text),
            Body::Json(json) => self.json(json),
            Body::Events(events) => {
                for event in events {
                    self.line("");
                    self.field("id", event.id.as_deref());
                    self.field("event", event.kind.as_deref());
                    let retry = event.retry.map(|retry| retry.to_string());
                    self.field("retry", retry.as_deref());
                    match event.message() {
                        Some(message) => {
                            let message = self.steady(&message);
                            self.line(&format!("data: {message}"));
                        }
                        None => self.field("data", event.data.as_deref()),
                    }
                }
            }
        }
    }

    fn line(&mut self, line: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{}", line.trim_end());
    }

    fn header(&mut self, name: &str, value: &str) {
        if SHOWN.contains(&name) {
            let value = self.steady_text(value);
            self.line(&format!("{name}: {value}"));
        }
    }

    fn field(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            let value = self.steady_text(value);
            self.line(&format!("{name}: {value}"));
        }
    }

    fn body(&mut self, text: &str) {
        match serde_json::from_str(text) {
            _ if text.is_empty() => {}
            Ok(json) => self.json(&json),
            Err(_) => {
                let text = self.steady_text(text);
                self.line(&format!("\n{text}"));
            }
        }
    }

    fn json(&mut self, json: &Value) {
        let json = self.steady(json);
        self.line(&format!("\n{json:#}"));
    }

    /// The same value with names for what differs from run to run.
    fn steady(&mut self, value: &Value) -> Value {
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
                json!("[epoch-ms]")
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

    fn steady_text(&mut self, text: &str) -> String {
        let mut steady = String::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let length = if let Some(found) = matches(rest, UUID) {
                steady.push_str(&self.name_of(found));
                found.len()
            } else if let Some(found) = matches(rest, ENTRY) {
                let digits = |c: char| c.is_ascii_digit();
                let number = rest[found.len()..].split(|c| !digits(c)).next();
                let length = found.len() + number.map_or(0, str::len);
                steady.push_str(&self.entry(&rest[..length]));
                length
            } else if let Some(found) = matches(rest, DATE) {
                let tail = rest[found.len()..].find('Z').map_or(0, |at| at + 1);
                steady.push_str("[time]");
                found.len() + tail
            } else if let Some(port) = rest.strip_prefix("127.0.0.1:") {
                let digits = port.len()
                    - port.trim_start_matches(|c: char| c.is_ascii_digit()).len();
                steady.push_str("127.0.0.1:[port]");
                "127.0.0.1:".len() + digits
            } else {
                steady.push(next);
                next.len_utf8()
            };
            rest = &rest[length..];
        }
        steady
    }

    /// The place of an event in its log: the first, the second …
    fn entry(&mut self, id: &str) -> String {
        let at = self.entries.iter().position(|known| known == id);
        let at = at.unwrap_or_else(|| {
            self.entries.push(id.to_owned());
            self.entries.len() - 1
        });
        format!("[event-{}]", at + 1)
    }

    fn name_of(&mut self, id: &str) -> String {
        if let Some(at) = self.sessions.iter().position(|known| known == id) {
            return format!("[session-{}]", at + 1);
        }
        let at = self.ids.iter().position(|known| known == id);
        let at = at.unwrap_or_else(|| {
            self.ids.push(id.to_owned());
            self.ids.len() - 1
        });
        format!("[id-{}]", at + 1)
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn sorted(headers: &[(String, String)]) -> Vec<(&str, &str)> {
    let mut headers: Vec<_> =
        headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    headers.sort_unstable();
    headers
}

/// `x` stands for a hexadecimal digit, `9` for a decimal one.
const UUID: &str = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
/// The part of an event id that has a fixed form; a number follows.
const ENTRY: &str = "9999999999999-";
/// The part of an ISO 8601 date that has a fixed form.
const DATE: &str = "9999-99-99T99:99:99";

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
        let mut transcript =
            Transcript { sessions: vec![ONE.to_owned()], ..Transcript::default() };
        let text = format!("session://info/{ONE} {TWO} {TWO} {ONE}");
        assert_eq!(
            transcript.steady_text(&text),
            "session://info/[session-1] [id-1] [id-1] [session-1]"
        );
    }

    #[test]
    fn times_ports_and_durations_become_names() {
        let mut transcript = Transcript::default();
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
            "text": r#"{"uptime":"[duration]","when":"[epoch-ms]"}"#,
            "sum": 150,
        });
        assert_eq!(transcript.steady(&value), expected);
    }
}
