//! An MCP client of the stateful era that can move between nodes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Value, json};

use crate::{Attempt, Exchange, Node, Stream, http};

/// What a client says of itself in the handshake.
#[derive(Debug, Clone)]
pub struct ClientBuilder {
    version: String,
    capabilities: Value,
    token: Option<String>,
    accept: String,
}

impl ClientBuilder {
    /// The version to ask for; otherwise the newest stateful one.
    pub fn version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.version);
        self
    }

    /// The capabilities to declare; otherwise none.
    pub fn capabilities(mut self, capabilities: Value) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// The bearer token of all requests; otherwise none.
    pub fn token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// The `Accept` header of all POSTs; otherwise what the protocol demands.
    pub fn accept(mut self, accept: &str) -> Self {
        accept.clone_into(&mut self.accept);
        self
    }

    /// A client that has not said anything yet.
    pub fn stranger(&self, node: &Node) -> Client {
        Client {
            http: http::http_client(),
            address: node.address(),
            session: None,
            version: None,
            token: self.token.clone(),
            accept: self.accept.clone(),
            ids: Arc::new(AtomicI64::new(1)),
        }
    }

    /// Sends `initialize` and nothing more, whatever the answer.
    pub async fn initialize(&self, node: &Node) -> Exchange {
        let params = json!({
            "protocolVersion": self.version,
            "capabilities": self.capabilities,
            "clientInfo": { "name": "suite", "version": "1.0.0" },
        });
        self.stranger(node).request("initialize", params).await
    }

    /// The client that received this answer to `initialize`.
    pub fn opened(&self, node: &Node, opened: &Exchange) -> Client {
        let version = opened.result()["protocolVersion"].clone();
        let session = opened.header("mcp-session-id").map(str::to_owned);
        assert!(session.is_some(), "no Mcp-Session-Id in {opened:#?}");
        Client {
            session,
            version: version.as_str().map(str::to_owned),
            ids: Arc::new(AtomicI64::new(2)),
            ..self.stranger(node)
        }
    }

    /// The whole handshake.
    pub async fn connect(&self, node: &Node) -> Client {
        let client = self.opened(node, &self.initialize(node).await);
        let accepted = client.initialized().await;
        assert_eq!(accepted.status, 202, "notifications/initialized");
        client
    }
}

/// One session, seen from the client. Clones share the session and its ids.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    address: SocketAddr,
    session: Option<String>,
    version: Option<String>,
    token: Option<String>,
    accept: String,
    ids: Arc<AtomicI64>,
}

impl Client {
    /// Settings for the handshake.
    pub fn builder() -> ClientBuilder {
        ClientBuilder {
            version: "2025-11-25".to_owned(),
            capabilities: json!({}),
            token: None,
            accept: http::BOTH.to_owned(),
        }
    }

    /// A new session on `node`.
    pub async fn connect(node: &Node) -> Self {
        Self::builder().connect(node).await
    }

    /// The same session on another node.
    pub fn at(&self, node: &Node) -> Self {
        Self { address: node.address(), ..self.clone() }
    }

    /// The same client with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same client with another `Accept` header on its POSTs.
    pub fn with_accept(&self, accept: &str) -> Self {
        Self { accept: accept.to_owned(), ..self.clone() }
    }

    /// The session's id.
    pub fn session_id(&self) -> &str {
        self.session.as_deref().unwrap_or_default()
    }

    /// A request with all headers of this client, to be changed and sent.
    pub fn attempt(&self, method: &str) -> Attempt {
        let mut attempt = Attempt::on(self.http.clone(), self.address, method);
        if method == "POST" {
            attempt = attempt.header("accept", &self.accept);
        }
        let bearer = self.token.as_ref().map(|token| format!("Bearer {token}"));
        // 2025-03-26 has no version header.
        let version =
            self.version.clone().filter(|version| version != "2025-03-26");
        for (name, value) in [
            ("authorization", bearer),
            ("mcp-session-id", self.session.clone()),
            ("mcp-protocol-version", version),
        ] {
            if let Some(value) = value {
                attempt = attempt.header(name, value);
            }
        }
        attempt
    }

    /// Posts any message.
    pub async fn post(&self, message: &Value) -> Exchange {
        self.attempt("POST").json(message).send().await
    }

    /// Sends a request and reads the answer to its end.
    pub async fn request(&self, method: &str, params: Value) -> Exchange {
        self.post(&self.message(method, params)).await
    }

    /// Sends a request with an id of the story's choice.
    pub async fn request_as(
        &self,
        id: impl Into<Value>,
        method: &str,
        params: Value,
    ) -> Exchange {
        self.post(&message(id.into(), method, params)).await
    }

    /// Sends a request and hands over the answer as it comes.
    pub async fn start(&self, method: &str, params: Value) -> Stream {
        self.attempt("POST").json(&self.message(method, params)).open().await
    }

    fn message(&self, method: &str, params: Value) -> Value {
        message(self.next_id().into(), method, params)
    }

    /// An id that this session has not used.
    pub fn next_id(&self) -> i64 {
        self.ids.fetch_add(1, Ordering::Relaxed)
    }

    /// `ping`
    pub async fn ping(&self) -> Exchange {
        self.request("ping", json!({})).await
    }

    /// `tools/call`
    pub async fn call_tool(&self, name: &str, arguments: Value) -> Exchange {
        self.request("tools/call", call(name, arguments)).await
    }

    /// `tools/call`, its answer as it comes.
    pub async fn start_call(&self, name: &str, arguments: Value) -> Stream {
        self.start("tools/call", call(name, arguments)).await
    }

    /// `tools/call` with a progress token, its answer as it comes.
    pub async fn start_call_with_progress(
        &self,
        name: &str,
        arguments: Value,
        token: impl Into<Value>,
    ) -> Stream {
        let mut params = call(name, arguments);
        params["_meta"] = json!({ "progressToken": token.into() });
        self.start("tools/call", params).await
    }

    /// `resources/read`
    pub async fn read(&self, uri: &str) -> Exchange {
        self.request("resources/read", json!({ "uri": uri })).await
    }

    /// Sends a notification.
    pub async fn notify(&self, method: &str, params: Value) -> Exchange {
        let message =
            json!({ "jsonrpc": "2.0", "method": method, "params": params });
        self.post(&message).await
    }

    /// `notifications/initialized`
    pub async fn initialized(&self) -> Exchange {
        self.notify("notifications/initialized", json!({})).await
    }

    /// `notifications/cancelled`
    pub async fn cancel(&self, id: impl Into<Value>) -> Exchange {
        let params = json!({ "requestId": id.into(), "reason": "a story" });
        self.notify("notifications/cancelled", params).await
    }

    /// Answers a question of the server.
    pub async fn answer(&self, question: &Value, result: Value) -> Exchange {
        let id = &question["id"];
        self.post(&json!({ "jsonrpc": "2.0", "id": id, "result": result })).await
    }

    /// Refuses a question of the server.
    pub async fn refuse(&self, question: &Value, reason: &str) -> Exchange {
        let error = json!({ "code": -1, "message": reason });
        let id = &question["id"];
        self.post(&json!({ "jsonrpc": "2.0", "id": id, "error": error })).await
    }

    /// Opens the GET stream, and reads its priming event.
    pub async fn listen(&self) -> Stream {
        let mut stream = self.attempt("GET").open().await;
        assert_eq!(stream.status, 200, "GET of session {}", self.session_id());
        if self.version.as_deref() == Some("2025-11-25") {
            let priming = stream.event().await.unwrap_or_default();
            assert!(priming.id.is_some() && priming.data.is_some(), "{priming:?}");
        }
        stream
    }

    /// Goes on with a stream after an event, with whatever answer.
    pub async fn resume(&self, last_event_id: &str) -> Stream {
        self.attempt("GET").header("last-event-id", last_event_id).open().await
    }

    /// DELETE
    pub async fn end_session(&self) -> Exchange {
        self.attempt("DELETE").send().await
    }
}

/// A JSON-RPC request.
pub fn message(id: Value, method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

fn call(name: &str, arguments: Value) -> Value {
    json!({ "name": name, "arguments": arguments })
}
