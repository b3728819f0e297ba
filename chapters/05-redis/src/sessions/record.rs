//! What is kept of a session.

use std::collections::BTreeMap;

use super::id::SessionId;
use crate::protocol::RawJson;

/// How many entries a session's history keeps; older ones are dropped.
pub const HISTORY_LIMIT: usize = 50;

/// What the handshake agreed on.
#[derive(Debug, Clone)]
pub struct SessionRecord {
    /// Freshly drawn.
    pub id: SessionId,
    /// The negotiated version.
    pub version: &'static str,
}

/// One line of a session's history. The store does not look into it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it counts as in the [`Totals`].
    pub operation: &'static str,
    /// What to keep.
    pub body: RawJson,
}

/// Figures of all sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Entries ever appended, by operation.
    pub by_operation: BTreeMap<String, u64>,
    /// Sessions that are alive.
    pub active_sessions: u64,
}
