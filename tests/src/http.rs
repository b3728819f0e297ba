//! One request, and everything that came back.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use serde_json::Value;
use tokio::time::timeout;

use crate::{Event, PATIENCE, Stream};

/// What a client of Streamable HTTP must accept.
pub const BOTH: &str = "application/json, text/event-stream";

/// A request in the making. It starts as a correct one without a session.
#[derive(Debug, Clone)]
pub struct Attempt {
    http: reqwest::Client,
    address: SocketAddr,
    sent: Sent,
}

/// A request as it was sent.
#[derive(Debug, Clone)]
pub struct Sent {
    /// `POST`, `GET`, …
    pub method: String,
    /// `/mcp`
    pub path: String,
    /// Names are in lower case.
    pub headers: Vec<(String, String)>,
    /// Empty if there is none.
    pub body: Vec<u8>,
}

impl Attempt {
    /// A request on a connection of its own.
    pub fn new(address: SocketAddr, method: &str) -> Self {
        Self::on(http_client(), address, method)
    }

    /// A request on one of the client's connections.
    pub fn on(http: reqwest::Client, address: SocketAddr, method: &str) -> Self {
        let sent = Sent {
            method: method.to_owned(),
            path: "/mcp".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let attempt = Self { http, address, sent };
        match method {
            "POST" => attempt
                .header("content-type", "application/json")
                .header("accept", BOTH),
            "GET" => attempt.header("accept", "text/event-stream"),
            _ => attempt,
        }
    }

    /// Another path than the MCP endpoint.
    pub fn path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.sent.path);
        self
    }

    /// Sets a header, in the place of an earlier one with this name.
    pub fn header(self, name: &str, value: impl Into<String>) -> Self {
        let mut attempt = self.without(name);
        attempt.sent.headers.push((name.to_lowercase(), value.into()));
        attempt
    }

    /// Leaves a header out.
    pub fn without(mut self, name: &str) -> Self {
        self.sent.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self
    }

    /// A JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.body(body.to_string())
    }

    /// Any body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.sent.body = body.into();
        self
    }

    /// What would be sent.
    pub fn sent(&self) -> &Sent {
        &self.sent
    }

    /// Sends the request and reads the answer to its end.
    pub async fn send(self) -> Exchange {
        self.open().await.rest().await
    }

    /// Like [`send`](Self::send), but a broken connection is an outcome.
    ///
    /// # Errors
    /// No answer came, or it broke off.
    pub async fn try_send(self) -> Result<Exchange, reqwest::Error> {
        self.try_open().await?.try_rest().await
    }

    /// Sends the request and reads the head of the answer.
    pub async fn open(self) -> Stream {
        let request = format!("{} {}", self.sent.method, self.sent.path);
        self.try_open()
            .await
            .unwrap_or_else(|error| panic!("{request} failed: {error:?}"))
    }

    /// Like [`open`](Self::open), but a broken connection is an outcome.
    ///
    /// # Errors
    /// No answer came.
    pub async fn try_open(self) -> Result<Stream, reqwest::Error> {
        let Self { http, address, sent } = self;
        let method = sent.method.parse().unwrap_or_else(|error| {
            panic!("{} is no method: {error}", sent.method)
        });
        let mut request =
            http.request(method, format!("http://{address}{}", sent.path));
        for (name, value) in &sent.headers {
            request = request.header(name, value.as_bytes());
        }
        let request = request.body(sent.body.clone());
        let start = Instant::now();
        let response = timeout(PATIENCE, request.send()).await;
        let response = response.unwrap_or_else(|_| {
            panic!("no answer within {PATIENCE:?} to {sent:?}")
        })?;
        Ok(Stream::new(sent, start, response))
    }
}

/// A client that reuses its connections and heeds no proxy.
pub fn http_client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap_or_else(|error| panic!("no HTTP client: {error}"))
}

/// A finished request.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// What was sent.
    pub request: Sent,
    /// The HTTP status.
    pub status: u16,
    /// The headers of the answer.
    pub headers: HeaderMap,
    /// The body of the answer.
    pub body: Body,
    /// From the first byte sent to the last one read.
    pub took: Duration,
}

/// The body of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// No bytes.
    Empty,
    /// `application/json`
    Json(Value),
    /// `text/event-stream`
    Events(Vec<Event>),
    /// Anything else.
    Text(String),
}

impl Exchange {
    /// A header of the answer.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The media type, without its parameters.
    pub fn content_type(&self) -> Option<&str> {
        let value = self.header("content-type")?;
        Some(value.split(';').next().unwrap_or(value).trim())
    }

    /// The JSON-RPC messages, however they came.
    pub fn messages(&self) -> Vec<Value> {
        match &self.body {
            Body::Json(Value::Array(messages)) => messages.clone(),
            Body::Json(message) => vec![message.clone()],
            Body::Events(events) => {
                events.iter().filter_map(Event::message).collect()
            }
            Body::Empty | Body::Text(_) => Vec::new(),
        }
    }

    /// The notifications with this method, in the order in which they came.
    pub fn notifications(&self, method: &str) -> Vec<Value> {
        let mut messages = self.messages();
        messages.retain(|message| message["method"] == method);
        messages
    }

    /// The response: the last message, with a result or an error.
    pub fn response(&self) -> Value {
        self.messages()
            .pop()
            .filter(|last| last.get("method").is_none())
            .unwrap_or_else(|| panic!("no response in {self:#?}"))
    }

    /// The result; the story fails if there is none.
    pub fn result(&self) -> Value {
        let mut response = self.response();
        assert_eq!(self.status, 200, "status of {response}");
        assert!(response.get("result").is_some(), "no result in {response}");
        response["result"].take()
    }

    /// The JSON-RPC error; the story fails if there is none.
    pub fn error(&self) -> Value {
        let mut response = self.response();
        assert!(response.get("error").is_some(), "no error in {response}");
        response["error"].take()
    }

    /// The code of the JSON-RPC error.
    pub fn code(&self) -> i64 {
        let error = self.error();
        error["code"].as_i64().unwrap_or_else(|| panic!("no code in {error}"))
    }

    /// The text of a tool's result, whether it succeeded or not.
    pub fn text(&self) -> String {
        let result = self.result();
        let text = result["content"][0]["text"].as_str();
        text.unwrap_or_else(|| panic!("no text in {result}")).to_owned()
    }

    /// The text of a tool's failure.
    pub fn failure(&self) -> String {
        assert_eq!(self.result()["isError"], true, "{:?}", self.result());
        self.text()
    }

    /// The JSON text of a resource that was read.
    pub fn resource(&self) -> Value {
        let result = self.result();
        let text = result["contents"][0]["text"].as_str().unwrap_or_default();
        serde_json::from_str(text)
            .unwrap_or_else(|_| panic!("no JSON resource in {result}"))
    }
}
