//! The record of a session: everything that a node needs to continue a session that
//! it has not served before.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::clock::Timestamp;
use super::id::{Principal, SessionId};
use crate::protocol::RawJson;
use crate::protocol::lifecycle::ClientInfo;

/// How many entries a session's history keeps; older ones are dropped.
pub const HISTORY_LIMIT: usize = 50;

/// The part of a session that never changes.
#[derive(Debug, Clone)]
pub struct SessionInit {
    /// The id of the session.
    pub id: SessionId,
    /// The principal that opened the session.
    pub principal: Principal,
    /// The session's negotiated version.
    pub version: &'static str,
    /// The client's name and version, as the client sent them.
    pub client: ClientInfo,
}

/// The progress of the handshake. A session that has ended has no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The server has answered `initialize`.
    Initializing,
    /// The client has sent `notifications/initialized`.
    Ready,
}

/// A session as it was at one moment.
#[derive(Debug, Clone)]
pub struct SessionRecord {
    /// The part that never changes.
    pub init: Arc<SessionInit>,
    /// The progress of the handshake.
    pub phase: Phase,
    /// The time at which the session was opened.
    pub created: Timestamp,
    /// The time at which the session was last used.
    pub last_activity: Timestamp,
    /// The number of requests in the session.
    pub requests: u64,
    /// The number of entries that were ever appended to the history.
    pub recorded: u64,
}

impl SessionRecord {
    /// Makes the record of a session at its creation.
    pub fn new(opened: SessionInit, now: Timestamp) -> Self {
        Self {
            phase: Phase::Initializing,
            init: Arc::new(opened),
            created: now,
            last_activity: now,
            requests: 0,
            recorded: 0,
        }
    }
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
