//! A client that calls, leaves, reuses ids, and keeps its own books.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::account::{Account, What};
use super::book::Book;
use super::call::{Answer, Call, Line, RETRY, SILENCE, VERSION};
use super::dice::Dice;
use crate::client::message;
use crate::http::http_client;

/// How many ids a session has. Each is used again and again, soonest after the next
/// two calls; a call that was left may still run under it.
const IDS: u64 = 3;

/// How many calls are made before the history is read. It keeps 50.
const CALLS: u64 = 15;

/// How many times that, before a session is ended of which nothing is in doubt.
const ROUNDS: u64 = 3;

/// What one client is and knows.
#[derive(Debug)]
pub struct Client {
    number: u64,
    line: Line,
    dice: Dice,
    account: Arc<Account>,
    /// How many calls it has made. Numbers in them are made of it.
    calls: u64,
    /// What it knows of its session.
    book: Book,
    /// What its ended sessions recorded.
    ended: u64,
}

impl Client {
    /// A client that has not begun.
    pub fn new(
        number: u64,
        nodes: Vec<SocketAddr>,
        dice: Dice,
        account: Arc<Account>,
    ) -> Self {
        let line = Line { http: http_client(), nodes, session: String::new() };
        let (book, calls, ended) = Default::default();
        Self { number, line, dice, account, calls, book, ended }
    }

    /// Works until the faults have ended, and keeps its books up to date.
    pub async fn work(mut self) -> Self {
        let account = self.account.clone();
        let goes_on = || !account.faults_have_ended();
        while goes_on() {
            self.open().await;
            let mut rounds = 0;
            while goes_on() && (rounds < ROUNDS || !self.book.is_certain()) {
                for _ in 0..CALLS {
                    self.call().await;
                }
                while goes_on() && !self.read_history().await {
                    sleep(RETRY).await;
                }
                rounds += 1;
            }
            if goes_on() {
                self.end().await;
            }
        }
        self
    }

    /// How many calculations it knows to be recorded.
    pub fn recorded(&self) -> u64 {
        self.ended + self.book.recorded()
    }

    async fn open(&mut self) {
        let params = json!({
            "protocolVersion": VERSION,
            "capabilities": {},
            "clientInfo": { "name": "chaos", "version": "1.0.0" },
        });
        let opening = message(0.into(), "initialize", params);
        loop {
            let opened = self.line.post(&mut self.dice, &opening).await;
            let id =
                opened.as_ref().and_then(|it| it.headers.get("mcp-session-id"));
            if let Some(id) = id.and_then(|id| id.to_str().ok()) {
                id.clone_into(&mut self.line.session);
                break;
            }
            sleep(RETRY).await;
        }
        self.account.count(What::Sessions);
        let method = "notifications/initialized";
        self.line
            .post(&mut self.dice, &json!({ "jsonrpc": "2.0", "method": method }))
            .await;
    }

    /// Nothing of the session is in doubt: it goes, and what it counted stays.
    async fn end(&mut self) {
        loop {
            let node = *self.dice.pick(&self.line.nodes);
            let ended = self.line.attempt(node, "DELETE").try_send();
            let ended = timeout(SILENCE, ended).await;
            // Not found: an end without an answer was one.
            if matches!(ended, Ok(Ok(it)) if [204, 404].contains(&it.status)) {
                break;
            }
            sleep(RETRY).await;
        }
        self.account.count(What::SessionsEnded);
        self.book.check(&self.account);
        self.ended += self.book.recorded();
        self.book = Book::default();
        self.line.session.clear();
    }

    /// One call of some kind.
    async fn call(&mut self) {
        match self.dice.below(4) {
            0 => self.demonstrate().await,
            kind => self.calculate(kind == 1).await,
        }
    }

    async fn calculate(&mut self, streamed: bool) {
        let unique = self.number * 1_000_000 + self.calls;
        let arguments =
            json!({ "a": unique, "b": 1, "op": "add", "stream": streamed });
        self.book.send(unique);
        let Some(result) = self.tool("calculate", arguments, streamed).await else {
            return;
        };
        if result["structuredContent"]["result"].as_f64()
            == Some(unique as f64 + 1.0)
        {
            self.account.count(What::Acknowledged);
            self.book.acknowledge(unique);
        } else {
            self.crossed(&format!("{unique} + 1"), &result);
        }
    }

    /// A call that runs for a while, and records nothing.
    async fn demonstrate(&mut self) {
        let steps = 2 + self.dice.below(3);
        let arguments = json!({ "steps": steps });
        let result = self.tool("demo_progress", arguments, true).await;
        if let Some(result) = result
            && result["structuredContent"]["steps"] != steps
        {
            self.crossed(&format!("{steps} steps"), &result);
        }
    }

    /// Calls a tool. Some calls that may stream are left after a few events.
    async fn tool(
        &mut self,
        name: &str,
        arguments: Value,
        streams: bool,
    ) -> Option<Value> {
        let leaves = streams && self.dice.one_in(3);
        let leaves_after = leaves.then(|| self.dice.below(3));
        let params = json!({ "name": name, "arguments": arguments });
        self.ask("tools/call", params, streams, leaves_after).await
    }

    async fn ask(
        &mut self,
        method: &'static str,
        params: Value,
        streams: bool,
        leaves_after: Option<u64>,
    ) -> Option<Value> {
        self.calls += 1;
        if self.calls > IDS {
            self.account.count(What::IdsReused);
        }
        let token = streams.then_some(self.number * 1_000_000 + self.calls);
        let id = (self.calls % IDS) as i64;
        let call = Call { id, method, params, token, leaves_after };
        match self.line.ask(&mut self.dice, &self.account, &call).await {
            Answer::Result(result) => Some(result),
            Answer::Refused | Answer::Gone => None,
            Answer::NoSession => {
                self.account.fault(What::SessionsLost, &self.line.session);
                None
            }
        }
    }

    fn crossed(&self, wanted: &str, result: &Value) {
        let session = &self.line.session;
        let about = format!("{session} wanted {wanted}, got {result}");
        self.account.fault(What::Crossed, about);
    }

    async fn read(&mut self, uri: &str) -> Option<Value> {
        let params = json!({ "uri": uri });
        let result = self.ask("resources/read", params, false, None).await?;
        let text = result["contents"][0]["text"].as_str();
        let read = text.and_then(|text| serde_json::from_str(text).ok());
        if read.is_none() {
            self.crossed(uri, &result);
        }
        read
    }

    /// Enters what the history has into the book.
    async fn read_history(&mut self) -> bool {
        let Some(history) = self.read("calculator://history").await else {
            return false;
        };
        self.book.enter(&history);
        true
    }

    /// The deployment's totals, as some node sees them.
    pub async fn totals(&mut self) -> Option<u64> {
        self.read("calculator://stats").await?["totalCalculations"].as_u64()
    }

    /// Compares the book with the session. `false` if they do not agree (yet); only
    /// the last look counts that as a fault.
    pub async fn close_books(&mut self, is_last: bool) -> bool {
        if self.line.session.is_empty() {
            return true;
        }
        let uri = format!("session://info/{}", self.line.session);
        let read = self.read_history().await;
        let info = self.read(&uri).await.unwrap_or_default();
        let found = self.book.recorded();
        let agree = read && info["calculationCount"] == found;
        if is_last || agree {
            self.book.check(&self.account);
        }
        if is_last && !agree {
            let about = format!("{uri}: {info}, {found} in its history");
            self.account.fault(What::Miscounted, about);
        }
        agree
    }
}
