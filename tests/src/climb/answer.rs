//! An answer, and what it should have been.

use serde_json::Value;

use super::Complaint;
use crate::{Body, Exchange};

/// How much of a body a complaint repeats, in characters.
const REPEATED: usize = 400;

/// An answer, and what it is one to. What it should have been is asked of it.
#[derive(Debug, Clone)]
pub struct Answer {
    what: String,
    /// What went over the wire.
    pub exchange: Exchange,
}

impl Answer {
    pub(super) fn new(what: &str, exchange: Exchange) -> Self {
        Self { what: what.to_owned(), exchange }
    }

    /// A complaint about this answer.
    pub fn complain(&self, expected: impl AsRef<str>) -> Complaint {
        let body = match &self.exchange.body {
            Body::Empty => "without a body".to_owned(),
            Body::Json(json) => json.to_string(),
            Body::Text(text) => format!("{text:?}"),
            Body::Events(events) => format!("{events:?}"),
        };
        let shown: String = body.chars().take(REPEATED).collect();
        let more = if shown.len() < body.len() { " …" } else { "" };
        let (what, status) = (&self.what, self.exchange.status);
        let expected = expected.as_ref();
        format!(
            "{what}\n  answered  {status} {shown}{more}\n  expected  {expected}"
        )
    }

    /// Complains unless `holds`.
    ///
    /// # Errors
    /// The complaint.
    pub fn check(&self, holds: bool, expected: &str) -> Result<(), Complaint> {
        if holds { Ok(()) } else { Err(self.complain(expected)) }
    }

    /// One of these HTTP statuses.
    ///
    /// # Errors
    /// A complaint, if it is another one.
    pub fn status(&self, statuses: &[u16]) -> Result<(), Complaint> {
        let names: Vec<String> = statuses.iter().map(u16::to_string).collect();
        let expected = format!("the status {}", names.join(" or "));
        self.check(statuses.contains(&self.exchange.status), &expected)
    }

    /// The JSON-RPC response: the last message, as JSON or as an event.
    ///
    /// # Errors
    /// A complaint, if there is none.
    pub fn response(&self) -> Result<Value, Complaint> {
        let last = self.exchange.messages().pop();
        last.filter(|last| last["jsonrpc"] == "2.0" && last.get("method").is_none())
            .ok_or_else(|| self.complain("a JSON-RPC response"))
    }

    /// The result.
    ///
    /// # Errors
    /// A complaint, if there is none.
    pub fn result(&self) -> Result<Value, Complaint> {
        self.status(&[200])?;
        let mut response = self.response()?;
        match response.get_mut("result") {
            Some(result) => Ok(result.take()),
            None => Err(self.complain("a result")),
        }
    }

    /// A JSON-RPC error with this code.
    ///
    /// # Errors
    /// A complaint, if it is anything else.
    pub fn error(&self, code: i64) -> Result<(), Complaint> {
        let response = self.response()?;
        let error = &response["error"];
        let holds = error["code"] == code && error["message"].is_string();
        self.check(holds, &format!("a JSON-RPC error with the code {code}"))
    }

    /// The text of a tool's result that did not fail.
    ///
    /// # Errors
    /// A complaint, if it failed or has no text.
    pub fn text(&self) -> Result<String, Complaint> {
        let result = self.result()?;
        let text = result["content"][0]["text"].as_str();
        match text {
            Some(text) if result["isError"] != true => Ok(text.to_owned()),
            _ => Err(self.complain("a tool's result with a text, not an error")),
        }
    }

    /// The text of a tool's failure: a result with `isError`.
    ///
    /// # Errors
    /// A complaint, if it is anything else.
    pub fn failure(&self) -> Result<String, Complaint> {
        let expected = "a result with isError: true and a text for the model \
            (a tool's failure is not an error of the protocol)";
        let result = self.result().map_err(|_| self.complain(expected))?;
        let text = result["content"][0]["text"].as_str();
        let text =
            text.filter(|text| !text.is_empty() && result["isError"] == true);
        text.map(str::to_owned).ok_or_else(|| self.complain(expected))
    }

    /// The JSON that a resource holds.
    ///
    /// # Errors
    /// A complaint, if there is none.
    pub fn resource(&self) -> Result<Value, Complaint> {
        let expected = "a result whose contents[0].text is JSON";
        let result = self.result().map_err(|_| self.complain(expected))?;
        let text = result["contents"][0]["text"].as_str().unwrap_or_default();
        serde_json::from_str(text).map_err(|_| self.complain(expected))
    }
}
