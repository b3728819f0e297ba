//! The MCP client of the console: one connection for each request.

use std::io::Result;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use lab::event::EventParser;
use lab::recorder::head::Source;
use lab::recorder::record::SESSION;

/// The version of the protocol that the console speaks.
pub const VERSION: &str = "2025-11-25";

/// A request over HTTP.
#[derive(Debug, Clone)]
pub struct HttpRequest {
    /// POST or DELETE.
    pub method: &'static str,
    /// The session ID.
    pub session: Option<String>,
    /// A JSON-RPC message, or nothing.
    pub body: String,
}

/// The response to a request, read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// The HTTP status.
    pub status: u16,
    /// The session that the response opened.
    pub session: Option<String>,
    /// The JSON-RPC response; of an event stream, its last message.
    pub body: String,
}

/// What a client has after a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A response.
    Answered(HttpResponse),
    /// No connection, or one that broke.
    Broken,
    /// No response in time.
    TimedOut,
}

impl HttpRequest {
    /// A request with a message as its body.
    pub fn post(session: Option<&str>, body: String) -> Self {
        Self { method: "POST", session: session.map(str::to_owned), body }
    }

    /// The request that ends a session.
    pub fn delete(session: Option<&str>) -> Self {
        let session = session.map(str::to_owned);
        Self { method: "DELETE", session, body: String::new() }
    }

    /// Sends it, and reads the response to its end.
    pub async fn send(&self, address: SocketAddr, patience: Duration) -> Outcome {
        match timeout(patience, self.exchange(address)).await {
            Ok(Ok(response)) => Outcome::Answered(response),
            Ok(Err(_)) => Outcome::Broken,
            Err(_) => Outcome::TimedOut,
        }
    }

    async fn exchange(&self, address: SocketAddr) -> Result<HttpResponse> {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(self.text(address).as_bytes()).await?;
        let (reader, _writer) = stream.into_split();
        let mut source = Source::new(reader);
        let head = source.head().await?.ok_or(std::io::ErrorKind::UnexpectedEof)?;
        let (_, body) = source.body(head.length()).await?;
        let body = String::from_utf8_lossy(&body).into_owned();
        let mut words = head.line.split(' ').skip(1);
        Ok(HttpResponse {
            status: words.next().and_then(|code| code.parse().ok()).unwrap_or(0),
            session: head.header(SESSION).map(str::to_owned),
            body: if head.is_stream() { last_message(&body) } else { body },
        })
    }

    fn text(&self, address: SocketAddr) -> String {
        let mut text = format!(
            "{} /mcp HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
             accept: application/json, text/event-stream\r\n",
            self.method
        );
        if let Some(session) = &self.session {
            text.push_str(&format!("{SESSION}: {session}\r\n"));
            text.push_str(&format!("mcp-protocol-version: {VERSION}\r\n"));
        }
        if !self.body.is_empty() {
            text.push_str("content-type: application/json\r\n");
        }
        text + &format!("content-length: {}\r\n\r\n{}", self.body.len(), self.body)
    }
}

fn last_message(stream: &str) -> String {
    let mut parser = EventParser::default();
    parser.push(stream.as_bytes());
    let events = std::iter::from_fn(|| parser.next_event());
    let data = events.filter_map(|event| event.data);
    data.filter(|data| !data.is_empty()).last().unwrap_or_default()
}

/// `initialize`
pub fn initialize() -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{{"protocolVersion":"{VERSION}","capabilities":{{}},"clientInfo":{{"name":"lab","version":"1"}}}}}}"#
    )
}

/// `notifications/initialized`
pub fn initialized() -> String {
    r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#.to_owned()
}

/// `tools/call` with an object of arguments.
pub fn call(id: u64, tool: &str, arguments: &str) -> String {
    let name = Value::from(tool);
    request(
        id,
        "tools/call",
        &format!(r#"{{"name":{name},"arguments":{arguments}}}"#),
    )
}

/// `resources/read`
pub fn read(id: u64, uri: &str) -> String {
    let uri = Value::from(uri);
    request(id, "resources/read", &format!(r#"{{"uri":{uri}}}"#))
}

/// `ping`
pub fn ping(id: u64) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#)
}

fn request(id: u64, method: &str, params: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#
    )
}

impl HttpResponse {
    /// Whether it contains a JSON-RPC error.
    pub fn is_error(&self) -> bool {
        let message = serde_json::from_str::<Value>(&self.body);
        message.is_ok_and(|message| message.get("error").is_some())
    }

    /// The text of the resource that this response contains, as JSON.
    pub fn resource(&self) -> Option<Value> {
        let message: Value = serde_json::from_str(&self.body).ok()?;
        let text = message["result"]["contents"][0]["text"].as_str()?;
        serde_json::from_str(text).ok()
    }
}
