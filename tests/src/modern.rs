//! A client of the stateless era. Every request says who asks, in which version
//! and with which capabilities; what is to be remembered, a tape or the state of a
//! question, the story passes on itself.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Map, Value, json};

use crate::client::message;
use crate::{Attempt, Exchange, Node, Stream, http};

mod listening;

pub use listening::Listening;

/// The version without sessions.
pub const VERSION: &str = "2026-07-28";

/// A name that the protocol reserves for itself in `_meta`.
pub fn key(name: &str) -> String {
    format!("io.modelcontextprotocol/{name}")
}

/// Somebody who asks. Clones share the connections and the ids, nothing else.
#[derive(Debug, Clone)]
pub struct Caller {
    http: reqwest::Client,
    address: SocketAddr,
    token: Option<String>,
    accept: String,
    /// What every request says in `_meta`.
    meta: Map<String, Value>,
    ids: Arc<AtomicI64>,
}

impl Caller {
    /// A caller that can do nothing but ask.
    pub fn new(node: &Node) -> Self {
        let meta = Map::from_iter([
            (key("protocolVersion"), json!(VERSION)),
            (key("clientInfo"), json!({ "name": "suite", "version": "1.0.0" })),
            (key("clientCapabilities"), json!({})),
        ]);
        Self {
            http: http::http_client(),
            address: node.address(),
            token: None,
            accept: http::BOTH.to_owned(),
            meta,
            ids: Arc::new(AtomicI64::new(1)),
        }
    }

    /// The same caller at another node.
    pub fn at(&self, node: &Node) -> Self {
        Self { address: node.address(), ..self.clone() }
    }

    /// The same caller with a bearer token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same caller with another `Accept` header.
    pub fn with_accept(&self, accept: &str) -> Self {
        Self { accept: accept.to_owned(), ..self.clone() }
    }

    /// The same caller on a connection of its own.
    pub fn apart(&self) -> Self {
        Self { http: http::http_client(), ..self.clone() }
    }

    /// The same caller, declaring these capabilities.
    pub fn with_capabilities(&self, capabilities: Value) -> Self {
        self.with_meta(&key("clientCapabilities"), capabilities)
    }

    /// A caller that fills in forms.
    pub fn with_forms(&self) -> Self {
        self.with_capabilities(json!({ "elicitation": { "form": {} } }))
    }

    /// The same caller, saying this too in `_meta`.
    pub fn with_meta(&self, name: &str, value: Value) -> Self {
        let mut caller = self.clone();
        caller.meta.insert(name.to_owned(), value);
        caller
    }

    /// The same caller, not saying this in `_meta`.
    pub fn without_meta(&self, name: &str) -> Self {
        let mut caller = self.clone();
        caller.meta.remove(name);
        caller
    }

    /// A request that has not been sent yet.
    pub fn message(&self, method: &str, params: Value) -> Value {
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        self.message_as(id, method, params)
    }

    /// The same with an id of the story's choice.
    pub fn message_as(
        &self,
        id: impl Into<Value>,
        method: &str,
        mut params: Value,
    ) -> Value {
        let mut meta = self.meta.clone();
        if let Some(own) = params["_meta"].as_object() {
            meta.extend(own.clone());
        }
        params["_meta"] = meta.into();
        message(id.into(), method, params)
    }

    /// The POST of a message with the headers that repeat what it says.
    pub fn attempt(&self, message: &Value) -> Attempt {
        let mut attempt = Attempt::on(self.http.clone(), self.address, "POST")
            .header("accept", &self.accept)
            .json(message);
        let params = &message["params"];
        let name = match message["method"].as_str() {
            Some("tools/call" | "prompts/get") => &params["name"],
            Some("resources/read") => &params["uri"],
            _ => &Value::Null,
        };
        let bearer = self.token.as_ref().map(|token| format!("Bearer {token}"));
        for (header, value) in [
            ("authorization", bearer.as_deref()),
            (
                "mcp-protocol-version",
                params["_meta"][key("protocolVersion")].as_str(),
            ),
            ("mcp-method", message["method"].as_str()),
            ("mcp-name", name.as_str()),
        ] {
            if let Some(value) = value {
                attempt = attempt.header(header, value);
            }
        }
        attempt
    }

    /// Posts a message.
    pub async fn post(&self, message: &Value) -> Exchange {
        self.attempt(message).send().await
    }

    /// Sends a request and reads the answer to its end.
    pub async fn request(&self, method: &str, params: Value) -> Exchange {
        self.post(&self.message(method, params)).await
    }

    /// Sends a request and hands over the answer as it comes.
    pub async fn start(&self, method: &str, params: Value) -> Stream {
        self.attempt(&self.message(method, params)).open().await
    }

    /// `tools/call`
    pub async fn call_tool(&self, name: &str, arguments: Value) -> Exchange {
        self.request("tools/call", call(name, arguments)).await
    }

    /// `tools/call`, its answer as it comes.
    pub async fn start_call(&self, name: &str, arguments: Value) -> Stream {
        self.start("tools/call", call(name, arguments)).await
    }

    /// `resources/read`
    pub async fn read(&self, uri: &str) -> Exchange {
        self.request("resources/read", json!({ "uri": uri })).await
    }

    /// A request that was answered with questions, again: under a new id, with
    /// these answers and the state that came with the questions.
    pub fn again(&self, asked: &Exchange, answers: Value) -> Value {
        let mut message: Value = serde_json::from_slice(&asked.request.body)
            .unwrap_or_else(|error| panic!("{error} in {:?}", asked.request));
        let mut params = message["params"].take();
        params["inputResponses"] = answers;
        match asked.result()["requestState"].take() {
            Value::Null => {}
            state => params["requestState"] = state,
        }
        params["_meta"] = json!({});
        self.message(message["method"].as_str().unwrap_or_default(), params)
    }

    /// Sends it.
    pub async fn retry(&self, asked: &Exchange, answers: Value) -> Exchange {
        self.post(&self.again(asked, answers)).await
    }

    /// `subscriptions/listen`, acknowledged.
    pub async fn listen(&self, notifications: Value) -> Listening {
        let params = json!({ "notifications": notifications });
        let message = self.message("subscriptions/listen", params);
        let stream = self.attempt(&message).open().await;
        Listening::acknowledged(stream, message["id"].clone()).await
    }

    /// The same for changes of these resources.
    pub async fn listen_to(&self, uris: &[&str]) -> Listening {
        self.listen(json!({ "resourceSubscriptions": uris })).await
    }

    /// The calculator's `open_tape`: the name of a new tape.
    pub async fn open_tape(&self) -> String {
        let opened = complete(&self.call_tool("open_tape", json!({})).await);
        let tape = opened["structuredContent"]["tape_id"].as_str();
        tape.unwrap_or_else(|| panic!("no tape in {opened}")).to_owned()
    }
}

fn call(name: &str, arguments: Value) -> Value {
    json!({ "name": name, "arguments": arguments })
}

/// The result of a request that was answered completely.
pub fn complete(answer: &Exchange) -> Value {
    let result = answer.result();
    assert_eq!(result["resultType"], "complete", "{result}");
    result
}

/// What the server wants to know before it answers, by key.
pub fn questions(answer: &Exchange) -> Map<String, Value> {
    let mut result = answer.result();
    assert_eq!(result["resultType"], "input_required", "{result}");
    for hint in ["ttlMs", "cacheScope"] {
        assert!(result.get(hint).is_none(), "M088: {hint} in {result}");
    }
    match result["inputRequests"].take() {
        Value::Object(questions) => questions,
        _ => panic!("nothing is asked in {result}"),
    }
}

/// A form that was filled in.
pub fn accept(content: Value) -> Value {
    json!({ "action": "accept", "content": content })
}
