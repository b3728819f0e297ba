//! A client that expects nothing of the server that it visits.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Value, json};

use super::server::Place;
use super::{Answer, Complaint};
use crate::client::message;
use crate::{Attempt, http};

/// The version that visitors ask for.
pub const VERSION: &str = "2025-11-25";

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
        Ok(Answer::new(what, exchange))
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

/// The last cause says most: "connection refused".
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
