//! Content negotiation: the form of an answer that the client accepts.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

/// The types that the client accepts. A client that names neither gets an error;
/// one that sends no `Accept` at all accepts both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepts {
    /// `application/json`
    pub json: bool,
    /// `text/event-stream`
    pub stream: bool,
}

impl Accepts {
    /// JSON alone: the form of errors that precede negotiation.
    pub const JSON: Self = Self { json: true, stream: false };

    /// Reads the `Accept` headers.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut accepts = Self { json: false, stream: false };
        let mut values = headers.get_all(ACCEPT).iter().peekable();
        if values.peek().is_none() {
            return Self { json: true, stream: true };
        }
        let ranges = values.filter_map(|value| value.to_str().ok());
        for range in ranges.flat_map(|value| value.split(',')) {
            let mut parts = range.split(';').map(str::trim);
            let media_type = parts.next().unwrap_or_default();
            if parts.any(is_zero_weight) {
                continue;
            }
            let is = |name| media_type.eq_ignore_ascii_case(name);
            let anything = is("*/*");
            accepts.json |=
                anything || is("application/json") || is("application/*");
            accepts.stream |= anything || is("text/event-stream") || is("text/*");
        }
        accepts
    }

    /// Returns whether the client accepts any form that the server has.
    pub fn anything(self) -> bool {
        self.json || self.stream
    }
}

/// Returns whether a parameter is `q=0`, which excludes the type.
fn is_zero_weight(parameter: &str) -> bool {
    parameter
        .strip_prefix("q=")
        .and_then(|weight| weight.parse::<f32>().ok())
        .is_some_and(|weight| weight <= 0.0)
}
