//! The door to storage.

use std::time::Duration;

use async_trait::async_trait;

use super::id::SessionId;
use super::record::{Entry, SessionRecord, Totals};
use crate::protocol::RawJson;
use crate::protocol::errors::{INTERNAL_ERROR, RpcError};

/// What every store is told.
#[derive(Debug, Clone, Copy)]
pub struct StoreSettings {
    /// A session that is idle for longer is gone.
    pub timeout: Duration,
}

/// The result of a storage operation.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Where sessions live. One implementation for each kind of storage; all pass
/// the same contract tests (`tests/store_contract.rs`).
///
/// Every method is one atomic step: callers never read, change and write back.
/// Methods that change a session answer `false` if there is none, and then have
/// changed nothing: a late write cannot bring an ended session back. Every
/// change that finds its session is activity and postpones expiry.
///
/// # Errors
/// All methods: [`StoreError`]. A storage that does not answer is never
/// reported as a session that does not exist.
#[async_trait]
pub trait SessionStore: Send + Sync + 'static {
    /// Makes the session visible. Called before the client learns the id, so
    /// that no request can arrive for a session that is not there.
    async fn create(&self, record: &SessionRecord) -> Result<()>;

    /// The session, or `None` if it never was, has expired or was ended. To find
    /// it is activity.
    async fn enter(&self, id: &SessionId) -> Result<Option<SessionRecord>>;

    /// Appends to the history, keeps its last
    /// [`HISTORY_LIMIT`](super::record::HISTORY_LIMIT) entries, and counts the
    /// new ones in the totals.
    async fn append(&self, id: &SessionId, entries: &[Entry]) -> Result<bool>;

    /// The history, newest last; empty if the session is gone.
    async fn history(&self, id: &SessionId) -> Result<Vec<RawJson>>;

    /// Ends the session; `false` if there was none.
    async fn terminate(&self, id: &SessionId) -> Result<bool>;

    /// Figures of all sessions, ended ones included.
    async fn totals(&self) -> Result<Totals>;

    /// Removes what has expired and returns how many sessions that were.
    async fn sweep(&self) -> Result<u64>;
}

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It did not answer in time, or not at all.
    #[error("storage is unavailable: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<StoreError> for RpcError {
    fn from(error: StoreError) -> Self {
        Self::new(INTERNAL_ERROR, error.to_string())
    }
}
