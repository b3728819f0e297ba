//! Exchanges as text that is the same in every run: what a snapshot keeps.

use std::fmt::{self, Write};

use serde_json::Value;

use crate::{Body, Exchange};
use lab::names::Names;

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

/// A conversation written down. What differs from run to run gets a name; the
/// same value keeps its name throughout.
#[derive(Debug, Default)]
pub struct Transcript {
    text: String,
    names: Names,
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
        let sent = &exchange.request;
        let asked = sent.headers.iter().find(|(name, _)| name == "mcp-session-id");
        for id in [exchange.header("mcp-session-id"), asked.map(|(_, id)| &**id)] {
            id.into_iter().for_each(|id| self.names.session(id));
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
                            let message = self.names.steady(&message);
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
            let value = self.names.steady_text(value);
            self.line(&format!("{name}: {value}"));
        }
    }

    fn field(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            let value = self.names.steady_text(value);
            self.line(&format!("{name}: {value}"));
        }
    }

    fn body(&mut self, text: &str) {
        match serde_json::from_str(text) {
            _ if text.is_empty() => {}
            Ok(json) => self.json(&json),
            Err(_) => {
                let text = self.names.steady_text(text);
                self.line(&format!("\n{text}"));
            }
        }
    }

    fn json(&mut self, json: &Value) {
        let json = self.names.steady(json);
        self.line(&format!("\n{json:#}"));
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
