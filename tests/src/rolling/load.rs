//! What the clients do all the time: each waits for what it asked for, and asks
//! again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::ledger::Ledger;
use super::session::{Failed, Session};

/// What a client does, and how many do it.
const CLIENTS: [(Kind, usize); 4] =
    [(Kind::Plain, 3), (Kind::Counting, 4), (Kind::Asked, 3), (Kind::Watching, 2)];

/// How often a client does it before it opens a new session: sessions are to
/// begin and end while nodes do.
const ROUNDS: usize = 20;

/// How far to count: 2.4 s, longer than a node goes on serving when it is to end.
/// So some calls begin on one node and are heard to their end from another.
const TO: u64 = 120;

/// The longest pause before a question is answered, in milliseconds; as long.
const THOUGHT: u64 = 2400;

/// Between two plain calls, so that the load stays moderate.
const PAUSE: Duration = Duration::from_millis(5);

/// After something went wrong: the others are to be heard too.
const LONG_PAUSE: Duration = Duration::from_millis(200);

/// How long an update may take. A stream may have to come back for it first.
const UPDATE: Duration = Duration::from_secs(8);

/// How long clients may take to end what they have begun.
const LAST_ANSWERS: Duration = Duration::from_secs(20);

/// How long to look out for an update that should not come.
const AFTERMATH: Duration = Duration::from_millis(200);

#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Quick calls, answered at once.
    Plain,
    /// Calls that count, one event for each number.
    Counting,
    /// Calls that ask something before they answer.
    Asked,
    /// An open stream that tells of each slow call.
    Watching,
}

/// Clients at work.
#[derive(Debug)]
pub struct Load {
    stopping: Arc<AtomicBool>,
    clients: Vec<JoinHandle<()>>,
}

impl Load {
    /// Sends all clients to the balancer.
    pub fn start(balancer: SocketAddr, ledger: &Arc<Ledger>) -> Self {
        let stopping = Arc::new(AtomicBool::new(false));
        let mut clients = Vec::new();
        for (kind, count) in CLIENTS {
            for _ in 0..count {
                let client = Client { balancer, stopping: stopping.clone() };
                let ledger = ledger.clone();
                clients.push(tokio::spawn(client.work(kind, ledger)));
            }
        }
        Self { stopping, clients }
    }

    /// Lets every client end what it has begun. One that cannot is stopped, and
    /// its call stays without an answer.
    pub async fn finish(self, ledger: &Ledger) {
        self.stopping.store(true, Ordering::Relaxed);
        let deadline = Instant::now() + LAST_ANSWERS;
        for mut client in self.clients {
            match timeout_at(deadline, &mut client).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => panic!("a client of the load: {error}"),
                Err(_) => {
                    client.abort();
                    ledger.note("a client did not come to its end");
                }
            }
        }
    }
}

struct Client {
    balancer: SocketAddr,
    stopping: Arc<AtomicBool>,
}

impl Client {
    fn goes_on(&self) -> bool {
        !self.stopping.load(Ordering::Relaxed)
    }

    async fn work(self, kind: Kind, ledger: Arc<Ledger>) {
        while self.goes_on() {
            if self.visit(kind, &ledger).await.is_err() {
                sleep(LONG_PAUSE).await;
            }
        }
    }

    /// One session from its beginning to its end.
    async fn visit(&self, kind: Kind, ledger: &Ledger) -> Result<(), Failed> {
        let session = Session::open(self.balancer, ledger).await?;
        if let Kind::Watching = kind {
            self.watch(&session, ledger).await?;
            return session.end().await;
        }
        for round in (0..ROUNDS).take_while(|_| self.goes_on()) {
            match kind {
                Kind::Plain => plain(&session).await?,
                Kind::Counting => count(&session, ledger).await?,
                Kind::Asked | Kind::Watching => {
                    be_asked(&session, ledger, round).await?;
                }
            }
        }
        session.end().await
    }

    /// Listens on the GET stream while slow calls change what is watched.
    async fn watch(
        &self,
        session: &Session<'_>,
        ledger: &Ledger,
    ) -> Result<(), Failed> {
        let (heard, updates) = watch::channel(0);
        tokio::select! {
            failed = listen(session, heard) => failed,
            done = self.disturb(session, ledger, updates) => done,
        }
    }

    /// Each call is one update. While no stream is open, equal updates are told
    /// once, so the next call waits for the update of the one before.
    async fn disturb(
        &self,
        session: &Session<'_>,
        ledger: &Ledger,
        mut updates: watch::Receiver<u64>,
    ) -> Result<(), Failed> {
        subscribe(session).await?;
        let mut calls = 0;
        for _ in (0..ROUNDS).take_while(|_| self.goes_on()) {
            slow(session).await?;
            calls += 1;
            let come = updates.wait_for(|updates| *updates >= calls);
            if !matches!(timeout(UPDATE, come).await, Ok(Ok(_))) {
                ledger.lost(1, format_args!("update {calls}"));
                return Err(Failed);
            }
        }
        sleep(AFTERMATH).await;
        let surplus = *updates.borrow() - calls;
        if surplus > 0 {
            ledger.doubled(surplus, "updates of a watched resource");
        }
        Ok(())
    }
}

/// Counts updates, until something goes wrong.
async fn listen(
    session: &Session<'_>,
    heard: watch::Sender<u64>,
) -> Result<(), Failed> {
    let mut stream = session.listen().await?;
    loop {
        let message = stream.next().await?;
        if message["method"] == "notifications/resources/updated" {
            heard.send_modify(|updates| *updates += 1);
        }
    }
}

async fn subscribe(session: &Session<'_>) -> Result<(), Failed> {
    let watched = json!({ "uri": "test://watched-resource" });
    let answer = session.ask("resources/subscribe", watched).await?;
    let answer = answer.answer(|_| {}).await?;
    session.check(&answer, answer.get("result").is_some())
}

async fn slow(session: &Session<'_>) -> Result<(), Failed> {
    let call = session.call("test_slow", json!({ "millis": 300 })).await?;
    let answer = call.answer(|_| {}).await?;
    session.check(&answer, text(&answer) == "That took 300 ms.")
}

async fn plain(session: &Session<'_>) -> Result<(), Failed> {
    let call = session.call("test_simple_text", json!({})).await?;
    let answer = call.answer(|_| {}).await?;
    let right = text(&answer).starts_with("This is a simple text response");
    session.check(&answer, right)?;
    let ping = session.ask("ping", json!({})).await?;
    let answer = ping.answer(|_| {}).await?;
    session.check(&answer, answer["result"] == json!({}))?;
    sleep(PAUSE).await;
    Ok(())
}

/// Numbers that were not heard when the call is over, however it ended, are lost.
async fn count(session: &Session<'_>, ledger: &Ledger) -> Result<(), Failed> {
    let arguments = json!({ "to": TO, "burst": 2, "millis": 40 });
    let call = session.call("test_count", arguments).await?;
    let mut last = 0;
    let hear = |message: &Value| {
        let Some(number) = message["params"]["data"].as_u64() else { return };
        if number <= last {
            ledger.doubled(1, format_args!("{number} after {last}"));
        } else if number > last + 1 {
            let missing = number - last - 1;
            ledger.lost(missing, format_args!("from {last} to {number}"));
        }
        last = last.max(number);
    };
    let answer = call.answer(hear).await;
    if last < TO {
        ledger.lost(TO - last, format_args!("after {last}"));
    }
    let answer = answer?;
    session.check(&answer, text(&answer) == format!("Counted to {TO}."))
}

/// Answers the question after a while that differs from round to round, so that
/// the node that asked is in every state meanwhile.
async fn be_asked(
    session: &Session<'_>,
    ledger: &Ledger,
    round: usize,
) -> Result<(), Failed> {
    let name = format!("ada {round}");
    let arguments = json!({ "message": "Who are you?" });
    let mut call = session.call("test_elicitation", arguments).await?;
    let question = call.next().await?;
    sleep(Duration::from_millis(round as u64 * 370 % THOUGHT)).await;
    let user = json!({ "username": name, "email": "ada@b.example" });
    session
        .post(&json!({
            "jsonrpc": "2.0",
            "id": question["id"],
            "result": { "action": "accept", "content": user },
        }))
        .await?;
    let again = |message: &Value| ledger.doubled(1, format_args!("{message}"));
    let answer = call.answer(again).await?;
    session.check(&answer, text(&answer).contains(&name))
}

/// The text of a tool's result.
fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_default()
}
