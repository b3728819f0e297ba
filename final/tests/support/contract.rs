//! The storages that the contract is asked of.
#![allow(dead_code, reason = "every test file uses its own part of this")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use mcp_server::{
    protocol::{
        lifecycle::{ClientCapabilities, ClientInfo},
        to_raw,
        version::Version,
    },
    sessions::{
        Entry, MemoryStore, NewSession, Principal, RedisStore, SessionId,
        SessionStore, StoreError, StoreSettings,
    },
};

use crate::redis_server::RedisServer;

/// What every store is told, unless it is to expire soon.
pub const SETTINGS: StoreSettings =
    StoreSettings { timeout: Duration::from_secs(1800), max_per_owner: 3 };

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
    async fn idle(&self, session: &NewSession) {
        self.until("the session expires", async || {
            let found = self.node(1).load(&session.id, &session.principal).await;
            found.unwrap().is_none()
        })
        .await;
    }
}

/// The memory of one node, in paused time.
pub struct Memory(Arc<MemoryStore>);

impl Deployment for Memory {
    async fn start() -> Self {
        Self(Arc::new(MemoryStore::new(SETTINGS)))
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
            let store = RedisStore::connect(&url, settings, name, "mcp").await;
            Arc::new(store.expect("it connects"))
        };
        let nodes = [node("first").await, node("second").await];
        Self { server, settings, nodes }
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

/// A session of an owner that has no other.
pub fn opened() -> NewSession {
    owned_by(&SessionId::random().to_string())
}

/// A session that counts for `owner`.
pub fn owned_by(owner: &str) -> NewSession {
    NewSession {
        id: SessionId::random(),
        principal: Principal::named("alice"),
        owner: owner.to_owned(),
        version: Version::V2025_06_18,
        client: ClientInfo { name: "héllo {x}".into(), version: "1.0".into() },
        capabilities: ClientCapabilities {
            roots: true,
            sampling: false,
            elicitation: true,
        },
    }
}

/// An entry whose body is a JSON string.
pub fn entry(operation: &'static str, body: &str) -> Entry {
    let body = serde_json::value::RawValue::from_string(body.to_owned()).unwrap();
    Entry { operation, body }
}

/// `count` additions.
pub fn entries(count: usize) -> Vec<Entry> {
    let body = to_raw(&serde_json::json!({"operation": "add", "result": 3}));
    vec![Entry { operation: "add", body }; count]
}

/// A write reaches the server and the connection breaks before the answer: only
/// one error is right, and a client that quietly sent it again would give none.
pub async fn lose_the_answer(
    server: &RedisServer,
    store: Arc<RedisStore>,
    session: &NewSession,
) {
    store.touch(&session.id).await.unwrap();
    server.run(&["CLIENT", "PAUSE", "5000", "WRITE"]);
    let id = session.id;
    let call = tokio::spawn(async move { store.touch(&id).await });
    while !server.run(&["CLIENT", "LIST"]).contains("cmd=evalsha") {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.run(&["CLIENT", "KILL", "TYPE", "normal"]);
    server.run(&["CLIENT", "UNPAUSE"]);
    let touched = call.await.unwrap();
    assert!(matches!(touched, Err(StoreError::OutcomeUnknown(_))), "{touched:?}");
}
