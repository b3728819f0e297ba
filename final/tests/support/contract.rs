//! The storages that the contract is asked of.
#![allow(dead_code, reason = "every test file uses its own part of this")]

use std::ops::RangeInclusive;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use mcp_server::app::storage::{connect_store, on_redis};
use mcp_server::bus::RedisBus;
use mcp_server::events::{
    AttemptId, CallRegistration, EntryId, Event, EventId, EventLog, GetStreamLease,
    LogBounds, LogPage, MemoryLog, ReaderLocation, Resumption, StreamId,
};
use mcp_server::protocol::jsonrpc::{Request, RequestId};
use mcp_server::protocol::lifecycle::{ClientCapabilities, ClientInfo};
use mcp_server::protocol::method::Method;
use mcp_server::protocol::version::{Era, Version};
use mcp_server::protocol::{RawJson, to_raw};
use mcp_server::redis::{ConnectError, STORE_DEADLINE, Servers, StoreMetrics};
use mcp_server::sessions::audit::AuditRequest;
use mcp_server::sessions::{
    AuditEntry, HistoryAppend, HistoryEntry, MemoryStore, NodeId, Principal,
    RedisStore, SessionId, SessionInit, SessionStore, StoreError, StoreSettings,
    Timestamp,
};

use prometheus::Registry;

use crate::redis_server::RedisServer;

/// What every store is told, unless it is to expire soon.
pub const SETTINGS: StoreSettings =
    StoreSettings { timeout: Duration::from_secs(1800), max_per_owner: 3 };

/// How long a node is alive that has renewed its lease.
const LEASE: Duration = Duration::from_secs(60);

/// One storage and two nodes that use it.
pub trait Deployment {
    /// A storage without any sessions.
    async fn start() -> Self;

    /// The same with a timeout that a test can wait for.
    async fn with_short_timeout(self) -> Self;

    /// The store as node 0 or node 1 sees it.
    fn node(&self, n: usize) -> Arc<dyn SessionStore>;

    /// What its stores were told.
    fn settings(&self) -> StoreSettings;

    /// Lets time go by.
    async fn pass(&self, time: Duration);

    /// After how much idle time a session is gone.
    fn timeout(&self) -> Duration {
        self.settings().timeout
    }

    /// Waits for something that takes at most a few timeouts.
    async fn until(&self, what: &str, mut done: impl AsyncFnMut() -> bool) {
        let mut waited = Duration::ZERO;
        let started = Instant::now();
        while !done().await {
            let late = waited.max(started.elapsed()) > 10 * self.timeout();
            assert!(!late, "in vain: {what}");
            self.pass(self.timeout() / 20).await;
            waited += self.timeout() / 20;
        }
    }

    /// Leaves a session alone until it has expired.
    async fn idle(&self, session: &SessionInit) {
        self.until("the session expires", async || {
            let found = self.node(1).load(&session.id, &session.principal).await;
            found.unwrap().is_none()
        })
        .await;
    }
}

/// A storage that also keeps what was said on streams.
pub trait Logs: Deployment {
    /// The log as node 0 or node 1 sees it.
    fn log(&self, n: usize, bounds: LogBounds) -> Arc<dyn EventLog>;

    /// The name of node 0 or node 1.
    fn name(&self, n: usize) -> NodeId;

    /// All keys with the id of a session in them, one a line.
    fn keys(&self, session: &SessionId) -> String;
}

/// The memory of one node, in paused time.
pub struct Memory(Arc<MemoryStore>, OnceLock<Arc<MemoryLog>>);

impl Deployment for Memory {
    async fn start() -> Self {
        Self(Arc::new(MemoryStore::new(SETTINGS)), OnceLock::new())
    }

    async fn with_short_timeout(self) -> Self {
        self
    }

    fn node(&self, _: usize) -> Arc<dyn SessionStore> {
        self.0.clone()
    }

    fn settings(&self) -> StoreSettings {
        SETTINGS
    }

    async fn pass(&self, time: Duration) {
        tokio::time::advance(time).await;
    }
}

impl Logs for Memory {
    fn log(&self, n: usize, bounds: LogBounds) -> Arc<dyn EventLog> {
        let new = || MemoryLog::new(self.0.clone(), self.name(n), bounds);
        self.1.get_or_init(|| Arc::new(new())).clone()
    }

    fn name(&self, _: usize) -> NodeId {
        NodeId::named("first")
    }

    /// It has none.
    fn keys(&self, _: &SessionId) -> String {
        String::new()
    }
}

/// The store of a node, measured where nobody looks.
pub async fn connect(
    servers: &Servers,
    settings: StoreSettings,
    node: NodeId,
) -> Result<RedisStore, ConnectError> {
    let metrics = StoreMetrics::register(&Registry::new(), STORE_DEADLINE).unwrap();
    connect_store(servers, settings, node, "mcp", &metrics).await
}

/// A Redis server and two nodes, in real time.
pub struct Redis {
    server: RedisServer,
    settings: StoreSettings,
    nodes: [Arc<RedisStore>; 2],
}

impl Redis {
    async fn on(server: RedisServer, settings: StoreSettings) -> Self {
        let url = server.url();
        let node = async |name| {
            let servers = Servers::parse(&url).expect("a URL");
            let node = NodeId::named(name);
            let store = connect(&servers, settings, node).await;
            Arc::new(store.expect("it connects"))
        };
        let nodes = [node("first").await, node("second").await];
        Self { server, settings, nodes }
    }

    /// The server.
    pub fn server(&self) -> &RedisServer {
        &self.server
    }

    /// The bus as node 0 or node 1 sees it.
    pub fn bus(&self, n: usize, lease: Duration) -> Arc<RedisBus> {
        let servers = Servers::parse(&self.server.url()).expect("a URL");
        Arc::new(RedisBus::new(self.nodes[n].clone(), servers, lease))
    }

    /// How many keys a session has. Each of them must have so many ms left; then
    /// it is left a minute, so that the next step can show what it does.
    pub fn count_keys(
        &self,
        session: &SessionId,
        left: RangeInclusive<i64>,
    ) -> usize {
        let keys = self.keys(session);
        for key in keys.lines() {
            let ms = self.server.run(&["PTTL", key]).parse().expect("a number");
            assert!(left.contains(&ms), "{key} expires in {ms} ms");
            self.server.run(&["PEXPIRE", key, "60000"]);
        }
        keys.lines().count()
    }
}

impl Deployment for Redis {
    async fn start() -> Self {
        Self::on(RedisServer::start(), SETTINGS).await
    }

    async fn with_short_timeout(self) -> Self {
        let timeout = Duration::from_millis(1500);
        Self::on(self.server, StoreSettings { timeout, ..SETTINGS }).await
    }

    fn node(&self, n: usize) -> Arc<dyn SessionStore> {
        self.nodes[n].clone()
    }

    fn settings(&self) -> StoreSettings {
        self.settings
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

impl Logs for Redis {
    fn log(&self, n: usize, bounds: LogBounds) -> Arc<dyn EventLog> {
        let servers = Servers::parse(&self.server.url()).expect("a URL");
        on_redis(self.nodes[n].clone(), servers, bounds, LEASE).log
    }

    fn name(&self, n: usize) -> NodeId {
        NodeId::named(["first", "second"][n])
    }

    fn keys(&self, session: &SessionId) -> String {
        self.server.run(&["KEYS", &format!("*{session}*")])
    }
}

/// A key of a session that was active a moment ago has about this many ms left.
pub const ACTIVE: RangeInclusive<i64> = 1_700_000..=1_801_000;

/// A key that was left a minute, and of a session that was not active since.
pub const PASSIVE: RangeInclusive<i64> = 1..=60_000;

/// The key of a session's record.
pub fn record_key(id: impl std::fmt::Display) -> String {
    let id = id.to_string();
    format!("mcp:{{{}}}:{id}", &id[id.len() - 2..])
}

/// A session of an owner that has no other.
pub fn opened() -> SessionInit {
    owned_by(&SessionId::random().to_string())
}

/// A session that counts for `owner`.
pub fn owned_by(owner: &str) -> SessionInit {
    SessionInit {
        id: SessionId::random(),
        principal: Principal::named("alice"),
        owner: owner.to_owned(),
        era: Era::Stateful(Version::V2025_06_18),
        client: ClientInfo { name: "héllo {x}".into(), version: "1.0".into() },
        capabilities: ClientCapabilities {
            roots: true,
            sampling: false,
            elicitation: true,
        },
    }
}

/// The attempt at every call, where there is only one.
pub fn attempt() -> AttemptId {
    AttemptId::named("attempt")
}

/// An entry whose body is a JSON string.
pub fn entry(operation: &'static str, body: &str) -> HistoryEntry {
    let body = serde_json::value::RawValue::from_string(body.to_owned()).unwrap();
    HistoryEntry { operation, body }
}

/// `count` additions.
pub fn entries(count: usize) -> HistoryAppend {
    let body = to_raw(&serde_json::json!({"operation": "add", "result": 3}));
    appending(vec![HistoryEntry { operation: "add", body }; count])
}

/// These entries, of a call whose visit was made before.
pub fn appending(entries: Vec<HistoryEntry>) -> HistoryAppend {
    HistoryAppend { entries, ..HistoryAppend::default() }
}

/// What the sessions of a [`Talk`] are subscribed to.
pub const URI: &str = "calculator://history";

/// Before all entries.
pub const START: EntryId = EntryId { time: 0, number: 0 };

/// One session, and its log as two nodes see it.
pub struct Talk {
    /// As it was opened.
    pub session: SessionInit,
    /// Its id.
    pub id: SessionId,
    /// Of node 0 and node 1.
    pub logs: [Arc<dyn EventLog>; 2],
    /// Of node 0 and node 1.
    pub names: [NodeId; 2],
}

impl Talk {
    /// A new session, subscribed to [`URI`].
    pub async fn start(all: &impl Logs) -> Self {
        Self::bounded(all, LogBounds::default()).await
    }

    /// The same with a log of this size.
    pub async fn bounded(all: &impl Logs, bounds: LogBounds) -> Self {
        let talk = Self::unknown(all, bounds);
        all.node(0).create(&talk.session).await.unwrap();
        all.node(0).subscribe(&talk.id, URI).await.unwrap();
        talk
    }

    /// A session that storage has not heard of.
    pub fn unknown(all: &impl Logs, bounds: LogBounds) -> Self {
        let session = opened();
        Self {
            id: session.id,
            session,
            logs: [0, 1].map(|n| all.log(n, bounds)),
            names: [0, 1].map(|n| all.name(n)),
        }
    }

    /// Opens the stream of a call that was not running.
    pub async fn open(&self, node: usize, call: u64) -> EventId {
        match self.try_open(node, &number(call), "attempt").await {
            Some(CallRegistration::New(opening)) => opening,
            other => panic!("{other:?}"),
        }
    }

    /// Opens the stream of a call for an attempt, or not.
    pub async fn try_open(
        &self,
        node: usize,
        call: &RequestId,
        attempt: &str,
    ) -> Option<CallRegistration> {
        let attempt = AttemptId::named(attempt);
        self.logs[node].open_call(&self.id, call, &attempt).await.unwrap()
    }

    /// Opens the GET stream.
    pub async fn listen(&self, node: usize) -> EventId {
        self.lease(node).await.opening
    }

    /// The same, with the number of the lease.
    pub async fn lease(&self, node: usize) -> GetStreamLease {
        let held = self.logs[node].open_get_stream(&self.id).await.unwrap();
        held.expect("a session")
    }

    /// Says something on a stream of node 0.
    pub async fn append(&self, stream: StreamId, batch: u64, all: &[&str]) -> bool {
        let messages: Vec<_> = all.iter().map(to_raw).collect();
        self.logs[0]
            .append_events(&self.id, stream, &attempt(), batch, &messages)
            .await
            .unwrap()
    }

    /// The same with one message, and returns its event.
    pub async fn say(&self, stream: StreamId, batch: u64, text: &str) -> EventId {
        assert!(self.append(stream, batch, &[text]).await);
        let events = self.read(0, stream, START).await;
        EventId { stream, entry: events.last().expect("it was said").id }
    }

    /// Ends a stream of node 0.
    pub async fn finish(&self, stream: StreamId, answer: Option<&str>) -> bool {
        self.finish_at(0, stream, "attempt", answer).await
    }

    /// Ends a stream on a node, for an attempt.
    pub async fn finish_at(
        &self,
        node: usize,
        stream: StreamId,
        attempt: &str,
        answer: Option<&str>,
    ) -> bool {
        let attempt = AttemptId::named(attempt);
        let answer = answer.map(|text| to_raw(&text));
        let finish = self.logs[node].finish_call(
            &self.id,
            stream,
            &attempt,
            answer.as_ref(),
        );
        finish.await.unwrap()
    }

    /// Withdraws an attempt at a call.
    pub async fn withdraw(&self, node: usize, call: u64, attempt: &str) -> bool {
        let (call, attempt) = (number(call), AttemptId::named(attempt));
        let withdrawn = self.logs[node].withdraw_call(&self.id, &call, &attempt);
        withdrawn.await.unwrap()
    }

    /// Says something on the GET stream that is about [`URI`].
    pub async fn send(&self, node: usize, text: &str) -> bool {
        self.logs[node]
            .send_to_get_stream(&self.id, Some(URI), &to_raw(&text))
            .await
            .unwrap()
    }

    /// Goes on after an event, on a node.
    pub async fn resume(&self, node: usize, seen: EventId) -> Resumption {
        self.logs[node]
            .resume_stream(&self.id, seen)
            .await
            .unwrap()
            .expect("a session")
    }

    /// Whether there may be something after an event.
    pub async fn goes_on(&self, node: usize, seen: EventId) -> bool {
        let resumed = self.resume(node, seen).await;
        matches!(resumed, Resumption::Call(_) | Resumption::GetStream(_))
    }

    /// Where a stream is read, as a node sees it.
    pub async fn read_at(&self, node: usize, of: StreamId) -> ReaderLocation {
        self.page(node, of, START).await.read_at
    }

    /// What a reader on a node finds.
    pub async fn page(&self, node: usize, of: StreamId, after: EntryId) -> LogPage {
        let page = self.logs[node].read_page(&self.id, of, after).await.unwrap();
        page.expect("a session")
    }

    /// All there is after an entry.
    pub async fn read(
        &self,
        node: usize,
        of: StreamId,
        mut after: EntryId,
    ) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let page = self.page(node, of, after).await;
            events.extend(page.events);
            if !page.more {
                return events;
            }
            assert!(page.last > after, "it gets on");
            after = page.last;
        }
    }

    /// What was said after an event.
    pub async fn heard(&self, node: usize, seen: EventId) -> Vec<String> {
        said(&self.read(node, seen.stream, seen.entry).await)
    }
}

/// The id of a call.
pub fn number(id: u64) -> RequestId {
    RequestId::Number(id.into())
}

/// So many messages.
pub fn texts(count: usize) -> Vec<RawJson> {
    (0..count).map(|n| to_raw(&n.to_string())).collect()
}

/// Calls for an audit trail; the requests' ids count from 0.
pub fn audited(count: u64) -> Vec<AuditEntry> {
    let call = |id| {
        let request = Request {
            id: number(id),
            method: Method::Ping,
            method_name: "ping".into(),
            params: None,
            meta: None,
        };
        AuditRequest::new(Timestamp(0), &request).end(Timestamp(1), "ok", None)
    };
    (0..count).map(call).collect()
}

/// The texts of events.
pub fn said(events: &[Event]) -> Vec<String> {
    let messages = events.iter().filter_map(|event| event.message.as_ref());
    messages.map(|text| serde_json::from_str(text.get()).unwrap()).collect()
}

/// Their places in the log.
pub fn ids(events: &[Event]) -> Vec<EntryId> {
    events.iter().map(|event| event.id).collect()
}

/// A write reaches the server and the connection breaks before the answer: only
/// one error is right, and a client that quietly sent it again would give none.
pub async fn lose_the_answer(
    server: &RedisServer,
    store: Arc<RedisStore>,
    session: &SessionInit,
) {
    store.touch(&session.id).await.unwrap();
    server.run(&["CLIENT", "PAUSE", "5000", "WRITE"]);
    let id = session.id;
    let call = tokio::spawn(async move { store.mark_ready(&id).await });
    while !server.run(&["CLIENT", "LIST"]).contains("cmd=evalsha") {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.run(&["CLIENT", "KILL", "TYPE", "normal"]);
    server.run(&["CLIENT", "UNPAUSE"]);
    let changed = call.await.unwrap();
    assert!(matches!(changed, Err(StoreError::OutcomeUnknown(_))), "{changed:?}");
}
