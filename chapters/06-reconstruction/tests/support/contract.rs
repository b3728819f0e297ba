//! The storages that the contract is asked of.
#![allow(dead_code, reason = "every test file uses its own part of this")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use ch06_reconstruction::protocol::lifecycle::ClientInfo;
use ch06_reconstruction::protocol::to_raw;
use ch06_reconstruction::sessions::{
    HistoryEntry, MemoryStore, NodeId, Principal, RedisStore, SessionId,
    SessionInit, SessionStore, StoreSettings,
};

use crate::redis_server::RedisServer;

/// What every store is told, unless it is to expire soon.
pub const SETTINGS: StoreSettings =
    StoreSettings { timeout: Duration::from_secs(1800) };

/// One storage and two nodes that use it.
pub trait Deployment: Sized {
    /// A storage without any sessions.
    async fn start() -> Self;

    /// The same with a timeout that a test can wait for.
    async fn with_short_timeout(self) -> Self;

    /// The store as node 0 or node 1 sees it.
    fn node(&self, n: usize) -> Arc<dyn SessionStore>;

    /// What its stores were told.
    fn settings(&self) -> StoreSettings;

    /// After how much idle time a session is gone.
    fn timeout(&self) -> Duration {
        self.settings().timeout
    }

    /// Lets time go by.
    async fn pass(&self, time: Duration);

    /// Waits for something that takes at most a few timeouts.
    async fn until(&self, what: &str, mut done: impl AsyncFnMut() -> bool) {
        let (started, mut waited) = (Instant::now(), Duration::ZERO);
        while !done().await {
            let late = waited.max(started.elapsed()) > 10 * self.timeout();
            assert!(!late, "in vain: {what}");
            self.pass(self.timeout() / 20).await;
            waited += self.timeout() / 20;
        }
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
            let node = NodeId::named(name);
            Arc::new(RedisStore::connect(&url, settings, node).await.unwrap())
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
        Self::on(self.server, StoreSettings { timeout }).await
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

/// A new session.
pub fn opened() -> SessionInit {
    SessionInit {
        id: SessionId::random(),
        principal: Principal::named("alice"),
        version: "2025-06-18",
        client: ClientInfo { name: "héllo {x}".into(), version: "1.0".into() },
    }
}

/// An entry whose body is a number.
pub fn entry(operation: &'static str, body: usize) -> HistoryEntry {
    HistoryEntry { operation, body: to_raw(&body) }
}
