//! The record of a session: everything that a node needs to continue a session that
//! it has not served before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::clock::Timestamp;
use super::id::{Principal, SessionId};
use crate::protocol::RawJson;
use crate::protocol::lifecycle::{ClientCapabilities, ClientInfo};
use crate::protocol::logging::Level;
use crate::protocol::version::Era;

/// The number of entries that a session's history keeps; older ones are dropped.
pub const HISTORY_LIMIT: usize = 50;

/// The part of a session that never changes.
#[derive(Debug, Clone)]
pub struct SessionInit {
    /// The id of the session or tape.
    pub id: SessionId,
    /// The principal that opened the session, and that alone may use it.
    pub principal: Principal,
    /// The owner in whose limit the session counts: the principal's name, or the
    /// client's address if there is no authentication.
    pub owner: String,
    /// The session's negotiated version, or the stateless era for a tape.
    pub era: Era,
    /// The client's name and version, as the client sent them.
    pub client: ClientInfo,
    /// The capabilities that the client declared.
    pub capabilities: ClientCapabilities,
}

impl SessionInit {
    /// Returns the first phase. A tape is ready immediately, because it has no
    /// handshake.
    pub fn first_phase(&self) -> Phase {
        if self.era.is_stateless() { Phase::Ready } else { Phase::Initializing }
    }
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
    /// Log messages from this level on are sent; `None` lets the server choose.
    pub log_level: Option<Level>,
    /// The resources whose changes are announced.
    pub subscriptions: BTreeSet<String>,
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
            phase: opened.first_phase(),
            init: Arc::new(opened),
            log_level: None,
            subscriptions: BTreeSet::new(),
            created: now,
            last_activity: now,
            requests: 0,
            recorded: 0,
        }
    }
}

/// An entry of a session's history. Stores do not read its body.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    /// The operation under which the entry counts in the deployment's [`Totals`].
    pub operation: &'static str,
    /// The entry as clients read it.
    pub body: RawJson,
}

/// The totals of the whole deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Entries ever appended, by operation.
    pub by_operation: BTreeMap<String, u64>,
    /// Sessions that are alive.
    pub active_sessions: u64,
}
