//! A store that does not wait for Redis when a session is opened.

use std::io::{Write, stderr};
use std::sync::Arc;

use async_trait::async_trait;
use ch06_reconstruction::protocol::RawJson;
use ch06_reconstruction::sessions::store::Result;
use ch06_reconstruction::sessions::{
    HistoryEntry, RedisStore, SessionId, SessionInit, SessionStore, Totals,
    TouchedSession,
};

/// A [`RedisStore`] that opens sessions with **write-behind**.
pub struct WriteBehind(pub Arc<RedisStore>);

#[async_trait]
impl SessionStore for WriteBehind {
    /// Confirms the session, and stores it in the background.
    async fn create(&self, session: &SessionInit) -> Result<()> {
        let (store, session) = (self.0.clone(), session.clone());
        tokio::spawn(async move {
            if let Err(error) = store.create(&session).await {
                let _ = writeln!(stderr(), "a session was not stored: {error}");
            }
        });
        Ok(())
    }

    async fn load_and_touch(
        &self,
        id: &SessionId,
        requests: usize,
    ) -> Result<Option<TouchedSession>> {
        self.0.load_and_touch(id, requests).await
    }

    async fn mark_ready(&self, id: &SessionId) -> Result<bool> {
        self.0.mark_ready(id).await
    }

    async fn append_history(
        &self,
        id: &SessionId,
        entries: &[HistoryEntry],
    ) -> Result<bool> {
        self.0.append_history(id, entries).await
    }

    async fn read_history(&self, id: &SessionId) -> Result<Vec<RawJson>> {
        self.0.read_history(id).await
    }

    async fn terminate(&self, id: &SessionId) -> Result<bool> {
        self.0.terminate(id).await
    }

    async fn totals(&self) -> Result<Totals> {
        self.0.totals().await
    }

    async fn sweep(&self) -> Result<u64> {
        self.0.sweep().await
    }
}
