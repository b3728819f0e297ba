//! The era without sessions: every request says in which version it speaks and who
//! asks, and headers repeat what it is about.

use hyper::StatusCode;
use hyper::header::HeaderValue;
use serde_json::{Value, json};

use super::{Client, request};
use crate::Error;

const VERSION: &str = "2026-07-28";

impl Client {
    /// Connects for calls that stand for themselves.
    pub async fn stateless(authority: &str) -> Result<Self, Error> {
        let mut client = Self::connect(authority).await?;
        for (name, value) in
            [("mcp-protocol-version", VERSION), ("mcp-method", "tools/call")]
        {
            client.headers.insert(name, HeaderValue::from_static(value));
        }
        client.meta = format!(r#","_meta":{}"#, envelope());
        client.names("calculate");
        Ok(client)
    }

    /// The same with a tape, on which every call is kept.
    pub async fn on_tape(authority: &str) -> Result<Self, Error> {
        let mut client = Self::stateless(authority).await?;
        client.names("open_tape");
        let params =
            json!({ "name": "open_tape", "arguments": {}, "_meta": envelope() });
        let (status, body) = client.post(request(0, "tools/call", params)).await?;
        let answer: Value = serde_json::from_slice(&body)?;
        let tape = &answer["result"]["structuredContent"]["tape_id"];
        if status != StatusCode::OK || !tape.is_string() {
            return Err(format!("open_tape was answered {status}: {answer}").into());
        }
        client.tape = format!(r#","tape_id":{tape}"#);
        client.names("calculate");
        Ok(client)
    }

    /// Says which tool the next requests call.
    fn names(&mut self, tool: &'static str) {
        self.headers.insert("mcp-name", HeaderValue::from_static(tool));
    }
}

fn envelope() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": VERSION,
        "io.modelcontextprotocol/clientInfo": { "name": "load", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}
