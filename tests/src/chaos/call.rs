//! One request, followed from node to node until its answer.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::account::{Account, What};
use super::dice::Dice;
use crate::client::message;
use crate::{Attempt, Stream};

/// The protocol version of all sessions.
pub const VERSION: &str = "2025-11-25";

/// How long a call may take after the last failure, several leases. Before that a
/// verdict on a dead node may never come: it needs Redis for one whole lease.
const PATIENCE: Duration = Duration::from_secs(25);

/// How long one request may be without an answer's head, or a stream silent, before
/// the client tries another way. Below that of [`Attempt`] itself.
pub const SILENCE: Duration = Duration::from_secs(8);

/// Before a client comes back to a stream, or tries again.
pub const RETRY: Duration = Duration::from_millis(100);

/// How long to look for a second answer after the first.
const AFTERMATH: Duration = Duration::from_millis(500);

/// What became of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Its result.
    Result(Value),
    /// An error: what the call was to do may have been done.
    Refused,
    /// The connection broke before there was anything to come back to, or the client
    /// has left.
    Gone,
    /// There is no such session.
    NoSession,
}

/// Who calls: a session, and how its requests reach a node.
#[derive(Debug)]
pub struct Line {
    /// Connections that are kept.
    pub http: reqwest::Client,
    /// Every node.
    pub nodes: Vec<SocketAddr>,
    /// The session's id; empty before there is one.
    pub session: String,
}

/// A request that is to be made.
#[derive(Debug)]
pub struct Call {
    /// Its id, which may have been used before.
    pub id: i64,
    /// Its method.
    pub method: &'static str,
    /// Its parameters.
    pub params: Value,
    /// Its progress token, which no other call has.
    pub token: Option<u64>,
    /// The client leaves after so many events.
    pub leaves_after: Option<u64>,
}

impl Line {
    /// An attempt on a node, with the headers of the session.
    pub fn attempt(&self, node: SocketAddr, method: &str) -> Attempt {
        let attempt = Attempt::on(self.http.clone(), node, method);
        if self.session.is_empty() {
            return attempt;
        }
        attempt
            .header("mcp-session-id", &self.session)
            .header("mcp-protocol-version", VERSION)
    }

    /// Sends a message to some node; `None` if no head of an answer comes.
    pub async fn post(&self, dice: &mut Dice, body: &Value) -> Option<Stream> {
        let attempt = self.attempt(*dice.pick(&self.nodes), "POST").json(body);
        timeout(SILENCE, attempt.try_open()).await.ok()?.ok()
    }

    /// Makes a call and follows it to its end.
    pub async fn ask(
        &self,
        dice: &mut Dice,
        account: &Account,
        call: &Call,
    ) -> Answer {
        account.count(What::Calls);
        let mut params = call.params.clone();
        if let Some(token) = call.token {
            params["_meta"] = json!({ "progressToken": token });
        }
        let body = message(call.id.into(), call.method, params);
        let Some(stream) = self.post(dice, &body).await else {
            account.count(What::Broken);
            return Answer::Gone;
        };
        let following =
            Following { line: self, account, call, seen: 0, last: None };
        match stream.status {
            200 if stream.is_stream() => following.stream(dice, stream).await,
            404 => Answer::NoSession,
            _ => following.body(stream).await,
        }
    }
}

/// A call on its way.
struct Following<'a> {
    line: &'a Line,
    account: &'a Account,
    call: &'a Call,
    /// How many events have come.
    seen: u64,
    /// The id of the last one.
    last: Option<String>,
}

impl Following<'_> {
    /// An answer that is all there is.
    async fn body(self, stream: Stream) -> Answer {
        let status = stream.status;
        let Ok(Ok(exchange)) = timeout(SILENCE, stream.try_rest()).await else {
            self.account.count(What::Broken);
            return Answer::Gone;
        };
        let messages = exchange.messages();
        match messages.first() {
            Some(answer) if status == 200 => self.judge(answer),
            _ => {
                self.account.count(What::Refused);
                Answer::Refused
            }
        }
    }

    /// Events, whichever node they come from.
    async fn stream(mut self, dice: &mut Dice, first: Stream) -> Answer {
        let mut last_fault = Instant::now();
        let mut stream = Some(first);
        while last_fault.elapsed() < PATIENCE {
            if !self.account.faults_have_ended() {
                last_fault = Instant::now();
            }
            let Some(open) = &mut stream else {
                match self.come_back(dice).await {
                    Ok(resumed) => stream = resumed,
                    Err(answer) => return answer,
                }
                continue;
            };
            match timeout(SILENCE, open.event()).await {
                Ok(Some(event)) => {
                    self.seen += 1;
                    self.last = event.id.clone().or(self.last.take());
                    if let Some(answer) = self.take(event.message()) {
                        self.expect_end(stream).await;
                        return answer;
                    }
                    if self.call.leaves_after.is_some_and(|n| self.seen > n) {
                        self.account.count(What::Abandoned);
                        return Answer::Gone;
                    }
                }
                Ok(None) | Err(_) => stream = None,
            }
        }
        let (id, last) = (self.call.id, &self.last);
        let about = format!("{} {id} after {last:?}", self.line.session);
        self.account.fault(What::Unanswered, about);
        Answer::Gone
    }

    /// Goes on after the last event, at some node; `None` if it cannot yet.
    async fn come_back(&self, dice: &mut Dice) -> Result<Option<Stream>, Answer> {
        let Some(last) = &self.last else {
            self.account.count(What::Broken);
            return Err(Answer::Gone);
        };
        sleep(RETRY).await;
        let attempt = self.line.attempt(*dice.pick(&self.line.nodes), "GET");
        let attempt = attempt.header("last-event-id", last).try_open();
        let Ok(Ok(stream)) = timeout(SILENCE, attempt).await else {
            return Ok(None);
        };
        match stream.status {
            200 if stream.is_stream() => {
                self.account.count(What::Resumed);
                Ok(Some(stream))
            }
            404 => Err(Answer::NoSession),
            _ => Ok(None),
        }
    }

    /// A message of the stream: progress, or the answer.
    fn take(&self, message: Option<Value>) -> Option<Answer> {
        let message = message?;
        if message.get("method").is_none() {
            return Some(self.judge(&message));
        }
        let token = message["params"].get("progressToken");
        if token.is_some_and(|token| token.as_u64() != self.call.token) {
            self.crossed(&message);
        }
        None
    }

    fn judge(&self, answer: &Value) -> Answer {
        // An error that comes before the id was read has none.
        if answer.get("id").is_some_and(|id| *id != self.call.id) {
            self.crossed(answer);
        }
        if let Some(result) = answer.get("result") {
            self.account.count(What::Answered);
            return Answer::Result(result.clone());
        }
        self.account.count(What::Refused);
        Answer::Refused
    }

    fn crossed(&self, message: &Value) {
        let Self { call, line, .. } = self;
        let about = format!("{} {} got {message}", line.session, call.id);
        self.account.fault(What::Crossed, about);
    }

    /// After the answer the stream ends.
    async fn expect_end(&self, stream: Option<Stream>) {
        let Some(mut stream) = stream else { return };
        if let Ok(Some(event)) = timeout(AFTERMATH, stream.event()).await
            && let Some(message) = event.message()
        {
            let about =
                format!("{} {}: {message}", self.line.session, self.call.id);
            self.account.fault(What::Doubled, about);
        }
    }
}
