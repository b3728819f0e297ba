//! An MCP client behind a balancer, as the protocol wants it: it comes back when
//! it is told to, and it writes down everything that it should not have seen.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::ledger::Ledger;
use crate::client::message;
use crate::http::{self, Sent};
use crate::{Attempt, Event, Stream};

const VERSION: &str = "2025-11-25";

/// How long a request or a stream may be silent. Nothing that is asked here is
/// silent for longer than it takes to come back, which is a second.
const SILENCE: Duration = Duration::from_secs(8);

/// When to come back if the server does not say.
const RETRY: Duration = Duration::from_secs(1);

/// Something went wrong. What it was has been counted and noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed;

/// One session.
#[derive(Debug)]
pub struct Session<'a> {
    http: reqwest::Client,
    balancer: SocketAddr,
    id: String,
    next: AtomicI64,
    /// The ids of all events.
    seen: Mutex<HashSet<String>>,
    ledger: &'a Ledger,
}

impl<'a> Session<'a> {
    /// The whole handshake.
    ///
    /// # Errors
    /// [`Failed`]
    pub async fn open(
        balancer: SocketAddr,
        ledger: &'a Ledger,
    ) -> Result<Self, Failed> {
        let mut session = Self {
            http: http::http_client(),
            balancer,
            id: String::new(),
            next: AtomicI64::new(1),
            seen: Mutex::default(),
            ledger,
        };
        session.initialize().await?;
        let method = "notifications/initialized";
        session.post(&json!({ "jsonrpc": "2.0", "method": method })).await?;
        Ok(session)
    }

    async fn initialize(&mut self) -> Result<(), Failed> {
        let params = json!({
            "protocolVersion": VERSION,
            "capabilities": { "elicitation": {} },
            "clientInfo": { "name": "rolling", "version": "1.0.0" },
        });
        let opening = message(0.into(), "initialize", params);
        let attempt = Attempt::on(self.http.clone(), self.balancer, "POST");
        let opened = self.send(attempt.json(&opening)).await?;
        let id = opened.headers.get("mcp-session-id");
        let id = id.and_then(|id| id.to_str().ok()).unwrap_or_default();
        id.clone_into(&mut self.id);
        self.read_out(opened).await.map(drop)
    }

    /// DELETE
    ///
    /// # Errors
    /// [`Failed`]
    pub async fn end(&self) -> Result<(), Failed> {
        let ended = self.send(self.attempt("DELETE")).await?;
        self.read_out(ended).await.map(drop)
    }

    /// Posts a message that is not answered by another one.
    ///
    /// # Errors
    /// [`Failed`]
    pub async fn post(&self, message: &Value) -> Result<(), Failed> {
        let taken = self.send(self.attempt("POST").json(message)).await?;
        self.read_out(taken).await.map(drop)
    }

    /// Sends a request, and hands over what comes of it.
    ///
    /// # Errors
    /// [`Failed`]
    pub async fn ask(
        &self,
        method: &str,
        params: Value,
    ) -> Result<Conversation<'_>, Failed> {
        self.ledger.count(|counts| counts.calls += 1);
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let request = message(id.into(), method, params);
        let stream = self.send(self.attempt("POST").json(&request)).await?;
        Ok(Conversation::new(self, format!("{method} {id}"), stream))
    }

    /// `tools/call`
    ///
    /// # Errors
    /// [`Failed`]
    pub async fn call(
        &self,
        tool: &str,
        arguments: Value,
    ) -> Result<Conversation<'_>, Failed> {
        let params = json!({ "name": tool, "arguments": arguments });
        self.ask("tools/call", params).await
    }

    /// Opens the GET stream.
    ///
    /// # Errors
    /// [`Failed`]
    pub async fn listen(&self) -> Result<Conversation<'_>, Failed> {
        let stream = self.send(self.attempt("GET")).await?;
        Ok(Conversation::new(self, "the GET stream".to_owned(), stream))
    }

    fn attempt(&self, method: &str) -> Attempt {
        Attempt::on(self.http.clone(), self.balancer, method)
            .header("mcp-session-id", &self.id)
            .header("mcp-protocol-version", VERSION)
    }

    /// Sends a request. A 503 that says when to come back is heeded, once.
    async fn send(&self, attempt: Attempt) -> Result<Stream, Failed> {
        let mut answer = self.send_once(attempt.clone()).await?;
        if let (503, Some(pause)) = (answer.status, retry_after(&answer)) {
            self.ledger.count(|counts| counts.retried += 1);
            sleep(pause).await;
            answer = self.send_once(attempt).await?;
        }
        if (200..300).contains(&answer.status) {
            return Ok(answer);
        }
        let what = format!("{} to {}", answer.status, told(&answer.request));
        let body = answer.try_rest().await.map(|exchange| exchange.body);
        Err(self.failed(format!("{what}: {body:?}")))
    }

    async fn send_once(&self, attempt: Attempt) -> Result<Stream, Failed> {
        self.ledger.count(|counts| counts.requests += 1);
        match timeout(SILENCE, attempt.try_open()).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(self.failed(format!("no answer: {error:?}"))),
            Err(_) => Err(self.failed(format!("no answer within {SILENCE:?}"))),
        }
    }

    /// Reads an answer that is no stream, or one that is short, to its end.
    async fn read_out(&self, answer: Stream) -> Result<Vec<Value>, Failed> {
        match answer.try_rest().await {
            Ok(exchange) => Ok(exchange.messages()),
            Err(error) => Err(self.failed(format!("broke off: {error:?}"))),
        }
    }

    fn failed(&self, what: String) -> Failed {
        self.ledger.count(|counts| counts.failed += 1);
        self.ledger.note(format!("failed: session {}: {what}", self.id));
        Failed
    }

    fn doubled(&self, what: String) {
        self.ledger.doubled(1, format_args!("session {}: {what}", self.id));
    }

    /// Counts an answer, if it is the one that was expected.
    ///
    /// # Errors
    /// [`Failed`] if it is not.
    pub fn check(&self, answer: &Value, right: bool) -> Result<(), Failed> {
        if right {
            self.ledger.count(|counts| counts.answered += 1);
            return Ok(());
        }
        self.ledger.note(format!("session {}: wrong answer {answer}", self.id));
        Err(Failed)
    }
}

/// A request, in short.
fn told(request: &Sent) -> String {
    let body = String::from_utf8_lossy(&request.body);
    format!("{} {body}", request.method)
}

/// The value of `Retry-After`, if it is a number.
fn retry_after(answer: &Stream) -> Option<Duration> {
    let value = answer.headers.get("retry-after")?.to_str().ok()?;
    value.parse().ok().map(Duration::from_secs)
}

/// What the server says on one stream, however many connections it takes.
#[derive(Debug)]
pub struct Conversation<'a> {
    session: &'a Session<'a>,
    name: String,
    stream: Option<Stream>,
    last_id: Option<String>,
    retry: Duration,
    /// The last event has asked to come back.
    farewell: bool,
}

impl<'a> Conversation<'a> {
    fn new(session: &'a Session<'a>, name: String, stream: Stream) -> Self {
        let (stream, last_id, retry, farewell) = (Some(stream), None, RETRY, false);
        Self { session, name, stream, last_id, retry, farewell }
    }

    /// Reads up to the answer. `hear` is told what else is said.
    ///
    /// # Errors
    /// [`Failed`]
    pub async fn answer(
        mut self,
        mut hear: impl FnMut(&Value),
    ) -> Result<Value, Failed> {
        loop {
            let message = self.next().await?;
            if message.get("method").is_some() {
                hear(&message);
                continue;
            }
            if let Some(mut stream) = self.stream.take() {
                let more = timeout(SILENCE, stream.event()).await;
                if more.ok().flatten().is_some() {
                    self.session.doubled(format!("{}: the answer", self.name));
                }
            }
            return Ok(message);
        }
    }

    /// The next message, from whichever node.
    ///
    /// # Errors
    /// [`Failed`]
    pub async fn next(&mut self) -> Result<Value, Failed> {
        loop {
            let Some(stream) = &mut self.stream else {
                self.come_back().await?;
                continue;
            };
            if !stream.is_stream() {
                return self.only_message().await;
            }
            match timeout(SILENCE, stream.event()).await {
                Ok(Some(event)) => {
                    if let Some(message) = self.take(&event) {
                        return Ok(message);
                    }
                }
                Ok(None) => self.note_end(),
                Err(_) => {
                    let what = format!("{} says nothing more", self.name);
                    self.session.ledger.note(what);
                    return Err(Failed);
                }
            }
        }
    }

    /// An answer that is not a stream is all there is.
    async fn only_message(&mut self) -> Result<Value, Failed> {
        let Some(answer) = self.stream.take() else { return Err(Failed) };
        let messages = self.session.read_out(answer).await?;
        let only = messages.into_iter().next();
        only.ok_or_else(|| self.session.failed(format!("{}: empty", self.name)))
    }

    /// Notes what an event says of the stream, and returns its message.
    fn take(&mut self, event: &Event) -> Option<Value> {
        if let Some(id) = &event.id {
            let seen = &self.session.seen;
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            if !seen.insert(id.clone()) {
                self.session.doubled(format!("{}: event {id}", self.name));
            }
            self.last_id = Some(id.clone());
        }
        if let Some(retry) = event.retry {
            self.retry = Duration::from_millis(retry);
        }
        self.farewell = event.retry.is_some() && event.data.is_none();
        let message = event.message()?;
        self.session.ledger.count(|counts| counts.events += 1);
        Some(message)
    }

    /// The connection has ended before the stream. In good order, the server has
    /// asked to come back.
    fn note_end(&mut self) {
        self.stream = None;
        if !self.farewell {
            self.session.failed(format!("{} broke off", self.name));
        }
    }

    /// Goes on after the last event, at whichever node.
    async fn come_back(&mut self) -> Result<(), Failed> {
        let Some(last_id) = &self.last_id else {
            return Err(self.session.failed(format!("{} has no id", self.name)));
        };
        sleep(self.retry).await;
        let attempt = self.session.attempt("GET").header("last-event-id", last_id);
        self.stream = Some(self.session.send(attempt).await?);
        self.farewell = false;
        self.session.ledger.count(|counts| counts.resumed += 1);
        Ok(())
    }
}
