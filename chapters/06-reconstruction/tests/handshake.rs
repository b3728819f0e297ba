//! The order of a handshake: the store has a session before any client knows its id,
//! and a refused client leaves no session behind.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ch06_reconstruction::calculator::Calculator;
use ch06_reconstruction::engine::Engine;
use ch06_reconstruction::protocol::RawJson;
use ch06_reconstruction::protocol::to_raw;
use ch06_reconstruction::sessions::store::Result;
use ch06_reconstruction::sessions::{
    HistoryEntry, MemoryStore, SessionId, SessionInit, SessionStore, StoreError,
    StoreSettings, Totals, TouchedSession,
};
use serde_json::json;
use tokio::time::timeout;

/// A store that does not confirm new sessions.
enum BrokenStore {
    /// It does not answer.
    Silent,
    /// It answers with an error.
    Unavailable,
}

#[async_trait]
impl SessionStore for BrokenStore {
    async fn create(&self, _: &SessionInit) -> Result<()> {
        match self {
            Self::Silent => std::future::pending().await,
            Self::Unavailable => {
                let gone = io::Error::other("not there");
                Err(StoreError::Unavailable(Box::new(gone)))
            }
        }
    }

    async fn load_and_touch(
        &self,
        _: &SessionId,
        _: usize,
    ) -> Result<Option<TouchedSession>> {
        unimplemented!()
    }

    async fn mark_ready(&self, _: &SessionId) -> Result<bool> {
        unimplemented!()
    }

    async fn append_history(
        &self,
        _: &SessionId,
        _: &[HistoryEntry],
    ) -> Result<bool> {
        unimplemented!()
    }

    async fn read_history(&self, _: &SessionId) -> Result<Vec<RawJson>> {
        unimplemented!()
    }

    async fn terminate(&self, _: &SessionId) -> Result<bool> {
        unimplemented!()
    }

    async fn totals(&self) -> Result<Totals> {
        unimplemented!()
    }

    async fn sweep(&self) -> Result<u64> {
        unimplemented!()
    }
}

fn engine(store: Arc<dyn SessionStore>) -> Engine {
    Engine::new(Arc::new(Calculator::default()), store)
}

fn hello(client: &str) -> RawJson {
    to_raw(&json!({
        "protocolVersion": "2025-11-25",
        "clientInfo": { "name": client, "version": "1" },
    }))
}

#[tokio::test(start_paused = true)]
async fn no_client_learns_an_id_before_the_store_has_the_session() {
    let engine = engine(Arc::new(BrokenStore::Silent));
    let params = hello("test");
    let handshake = engine.initialize(Some(&params));
    let early = timeout(Duration::from_secs(3600), handshake).await;
    assert!(early.is_err(), "the store has confirmed nothing");
}

#[tokio::test]
async fn no_client_gets_an_id_if_the_store_fails() {
    let engine = engine(Arc::new(BrokenStore::Unavailable));
    let refused = engine.initialize(Some(&hello("test"))).await;
    assert!(refused.is_err(), "there is no session that an id could name");
}

#[tokio::test]
async fn a_refused_handshake_stores_no_session() {
    let timeout = Duration::from_secs(1800);
    let store = Arc::new(MemoryStore::new(StoreSettings { timeout }));
    let engine = engine(store.clone());
    let unnamed = to_raw(&json!({ "protocolVersion": "2025-11-25" }));
    for params in [None, Some(&unnamed), Some(&hello(&"x".repeat(257)))] {
        assert!(engine.initialize(params).await.is_err());
        let totals = store.totals().await.expect("memory");
        assert_eq!(totals.active_sessions, 0, "{params:?}");
    }
}
