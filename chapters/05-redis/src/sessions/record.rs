//! The record of a session.

use std::collections::BTreeMap;

use super::id::SessionId;
use crate::protocol::RawJson;

/// How many entries a session's history keeps; older ones are dropped.
pub const HISTORY_LIMIT: usize = 50;

/// What client and server agreed on in the handshake. It never changes.
#[derive(Debug, Clone)]
pub struct SessionRecord {
    /// Generated in the handshake.
    pub id: SessionId,
    /// The negotiated version.
    pub version: &'static str,
}

/// One entry of a session's history. The store does not parse it.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    /// The operation that it is counted under in [`Totals`].
    pub operation: &'static str,
    /// The entry itself.
    pub body: RawJson,
}

/// Totals of all sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Entries ever appended, by operation.
    pub by_operation: BTreeMap<String, u64>,
    /// Sessions that are alive.
    pub active_sessions: u64,
}
