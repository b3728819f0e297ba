//! The interface of a session store.

use std::time::Duration;

use async_trait::async_trait;

use super::id::SessionId;
use super::record::{HistoryEntry, SessionInit, SessionRecord, Totals};
use crate::protocol::RawJson;
use crate::protocol::errors::{INTERNAL_ERROR, RpcError};

/// Settings that every store takes.
#[derive(Debug, Clone, Copy)]
pub struct StoreSettings {
    /// A session that is idle for longer is gone.
    pub timeout: Duration,
}

/// A session that was loaded and touched.
#[derive(Debug, Clone)]
pub struct TouchedSession {
    /// The session after the touch.
    pub record: SessionRecord,
    /// Another node served the previous request, so this node has just
    /// reconstructed the session.
    pub reconstructed: bool,
}

/// The result of an operation of a store.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A session store. All implementations pass `tests/store_contract.rs`.
///
/// Every method is one atomic step. One that changes a session returns `false` if
/// the session does not exist, and then changes nothing; else it postpones expiry.
///
/// # Errors
/// All methods: [`StoreError`]. A store that does not answer is never reported as a
/// session that does not exist.
#[async_trait]
pub trait SessionStore: Send + Sync + 'static {
    /// Makes the session visible to all nodes. Callers create a session before the
    /// client learns its id, so that no request arrives at a node that does not know
    /// the session.
    async fn create(&self, session: &SessionInit) -> Result<()>;

    /// Loads a session, counts `requests` more requests, and postpones its expiry.
    /// `None` if it does not exist, has expired or was ended.
    async fn load_and_touch(
        &self,
        id: &SessionId,
        requests: usize,
    ) -> Result<Option<TouchedSession>>;

    /// Records that the client has finished the handshake.
    async fn mark_ready(&self, id: &SessionId) -> Result<bool>;

    /// Appends to the history, keeps its last
    /// [`HISTORY_LIMIT`](super::record::HISTORY_LIMIT) entries, and counts the
    /// new ones in the totals.
    async fn append_history(
        &self,
        id: &SessionId,
        entries: &[HistoryEntry],
    ) -> Result<bool>;

    /// The history, newest last; empty if the session is gone.
    async fn read_history(&self, id: &SessionId) -> Result<Vec<RawJson>>;

    /// Ends the session on every node; `false` if there was none.
    async fn terminate(&self, id: &SessionId) -> Result<bool>;

    /// The totals of all sessions, ended ones included.
    async fn totals(&self) -> Result<Totals>;

    /// Removes expired sessions and returns how many there were.
    async fn sweep(&self) -> Result<u64>;
}

/// Why an operation of a store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store did not answer in time, or not at all.
    #[error("storage is unavailable: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The record was written by a newer release than this one.
    #[error("the session record has schema {found}, this release knows {known}")]
    NewerSchema {
        /// The schema of the record.
        found: u64,
        /// The newest schema that this release can read.
        known: u64,
    },
    /// What the store returned cannot be read.
    #[error("the session record is damaged: {0}")]
    Damaged(&'static str),
}

impl From<StoreError> for RpcError {
    fn from(error: StoreError) -> Self {
        Self::new(INTERNAL_ERROR, error.to_string())
    }
}
