//! A client that expects nothing, and says what it missed.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use serde_json::{Value, json};

use super::{Complaint, server::Place};
use crate::{Attempt, Body, Exchange, client::message, http};

/// The version that visitors ask for.
pub const VERSION: &str = "2025-11-25";

/// How much of a body a complaint repeats, in characters.
const REPEATED: usize = 400;

/// A client. It sends a session id if it was given one, and none otherwise, so that
/// it gets along with servers of every chapter.
#[derive(Debug, Clone)]
pub struct Visitor {
    http: reqwest::Client,
    place: Place,
    session: Option<String>,
    version: Option<String>,
    ids: Arc<AtomicI64>,
}

impl Visitor {
    pub(super) fn new(place: Place) -> Self {
        let http = http::http_client();
        let ids = Arc::new(AtomicI64::new(1));
        Self { http, place, session: None, version: None, ids }
    }

    pub(super) fn at(&self, place: Place) -> Self {
        Self { place, ..self.clone() }
    }

    /// `initialize`, asking for this version.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn initialize(&self, version: &str) -> Result<Answer, Complaint> {
        let params = json!({
            "protocolVersion": version,
            "capabilities": {},
            "clientInfo": { "name": "ladder", "version": "1.0.0" },
        });
        self.request("initialize", params).await
    }

    /// The whole handshake. The visitor that comes back keeps its session's id.
    ///
    /// # Errors
    /// If the server does not shake hands.
    pub async fn shake_hands(self) -> Result<Self, Complaint> {
        let opened = self.initialize(VERSION).await?;
        let result = opened.result()?;
        let visitor = Self {
            session: opened.exchange.header("mcp-session-id").map(str::to_owned),
            version: result["protocolVersion"].as_str().map(str::to_owned),
            ..self
        };
        visitor.notify("notifications/initialized").await?.status(&[202])?;
        Ok(visitor)
    }

    /// The session's id, if the server gave one.
    ///
    /// # Errors
    /// If it did not.
    pub fn session(&self) -> Result<&str, Complaint> {
        let missing = "the answer to initialize had no Mcp-Session-Id header; \
            without it no later request can name its session";
        self.session.as_deref().ok_or_else(|| missing.to_owned())
    }

    /// A request with all headers of this client, to be changed and sent.
    pub fn attempt(&self, method: &str) -> Attempt {
        let attempt = Attempt::on(self.http.clone(), self.place.address, method)
            .path(&self.place.path);
        let headers = [
            ("mcp-session-id", &self.session),
            ("mcp-protocol-version", &self.version),
        ];
        headers.into_iter().fold(attempt, |attempt, (name, value)| match value {
            Some(value) => attempt.header(name, value),
            None => attempt,
        })
    }

    /// Sends a request of the scenario's own making.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn send(
        &self,
        what: &str,
        attempt: Attempt,
    ) -> Result<Answer, Complaint> {
        let answer = attempt.try_send().await;
        let exchange = answer.map_err(|error| {
            format!("{what}\n  got no answer: {}", root_cause(&error))
        })?;
        Ok(Answer { what: what.to_owned(), exchange })
    }

    /// Posts a JSON-RPC request.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn request(
        &self,
        method: &str,
        params: Value,
    ) -> Result<Answer, Complaint> {
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        self.request_as(id, method, params).await
    }

    /// Posts a JSON-RPC request with an id of the scenario's choice.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn request_as(
        &self,
        id: impl Into<Value>,
        method: &str,
        params: Value,
    ) -> Result<Answer, Complaint> {
        let what = format!("{method} {params}");
        let body = message(id.into(), method, params);
        self.send(&what, self.attempt("POST").json(&body)).await
    }

    /// Posts a notification without parameters.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn notify(&self, method: &str) -> Result<Answer, Complaint> {
        let body = json!({ "jsonrpc": "2.0", "method": method });
        self.send(method, self.attempt("POST").json(&body)).await
    }

    /// Posts any body.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn post(&self, body: &str) -> Result<Answer, Complaint> {
        let what = format!("a POST of {body:?}");
        self.send(&what, self.attempt("POST").body(body)).await
    }

    /// DELETE
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn end_session(&self) -> Result<Answer, Complaint> {
        self.send("DELETE", self.attempt("DELETE")).await
    }

    /// Calls a tool.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn call(
        &self,
        tool: &str,
        arguments: Value,
    ) -> Result<Answer, Complaint> {
        let params = json!({ "name": tool, "arguments": arguments });
        self.request("tools/call", params).await
    }

    /// Calls `calculate`.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn calculate(
        &self,
        a: f64,
        op: &str,
        b: f64,
    ) -> Result<Answer, Complaint> {
        self.call("calculate", json!({ "a": a, "b": b, "op": op })).await
    }

    /// Reads a resource.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn read(&self, uri: &str) -> Result<Answer, Complaint> {
        self.request("resources/read", json!({ "uri": uri })).await
    }
}

/// An answer, and what it is one to. What it should have been is asked of it.
#[derive(Debug, Clone)]
pub struct Answer {
    what: String,
    /// What went over the wire.
    pub exchange: Exchange,
}

impl Answer {
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

/// The last cause says most: "connection refused".
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
