//! A store that fails, and a node that goes on.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use ch04_store_trait::calculator::Calculator;
use ch04_store_trait::engine::Engine;
use ch04_store_trait::protocol::RawJson;
use ch04_store_trait::sessions::record::Totals;
use ch04_store_trait::sessions::store::Result;
use ch04_store_trait::sessions::{
    HistoryEntry, SessionId, SessionRecord, SessionStore, StoreError,
};
use tokio::time::timeout;

/// A store that is never there.
#[derive(Default)]
struct Absent {
    sweeps: AtomicU64,
}

#[async_trait]
impl SessionStore for Absent {
    async fn create(&self, _: &SessionRecord) -> Result<()> {
        unimplemented!()
    }

    async fn load_and_touch(&self, _: &SessionId) -> Result<Option<SessionRecord>> {
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
        self.sweeps.fetch_add(1, Ordering::Relaxed);
        Err(StoreError::Unavailable(Box::new(io::Error::other("not there"))))
    }
}

#[tokio::test(start_paused = true)]
async fn upkeep_outlives_a_store_that_fails() {
    let store = Arc::new(Absent::default());
    let engine = Engine::new(Arc::new(Calculator::default()), store.clone());
    let _ = timeout(Duration::from_secs(60), engine.upkeep()).await;
    let sweeps = store.sweeps.load(Ordering::Relaxed);
    assert!(sweeps > 1, "the node sweeps again after a failure: {sweeps}");
}
