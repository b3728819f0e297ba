//! What is kept of a session: everything that a node needs to go on with a
//! conversation that it has never seen.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::clock::Timestamp;
use super::id::{Principal, SessionId};
use crate::protocol::RawJson;
use crate::protocol::lifecycle::{ClientCapabilities, ClientInfo};
use crate::protocol::logging::Level;
use crate::protocol::version::Era;

/// How many entries a session's history keeps; older ones are dropped.
pub const HISTORY_LIMIT: usize = 50;

/// A session that is about to be stored.
#[derive(Debug, Clone)]
pub struct SessionInit {
    /// Freshly drawn.
    pub id: SessionId,
    /// Who opened it, and who alone may use it.
    pub principal: Principal,
    /// Whom it counts for in the limit of sessions: the principal's name, or
    /// the address where there is no authentication.
    pub owner: String,
    /// What is spoken: a session's negotiated version, or that tapes belong to.
    pub era: Era,
    /// Who the client says it is.
    pub client: ClientInfo,
    /// What the client can do.
    pub capabilities: ClientCapabilities,
}

impl SessionInit {
    /// Its phase at the beginning. There is no handshake that a tape waits for.
    pub fn first_phase(&self) -> Phase {
        if self.era.is_stateless() { Phase::Ready } else { Phase::Initializing }
    }
}

/// How far the handshake has come. An ended session has no record at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// `initialize` was answered.
    Initializing,
    /// `notifications/initialized` arrived.
    Ready,
}

/// A session as it was at one moment.
#[derive(Debug, Clone)]
pub struct SessionRecord {
    /// What it was opened with.
    pub init: Arc<SessionInit>,
    /// How far the handshake has come.
    pub phase: Phase,
    /// Log messages from this level on are sent; `None` lets the server choose.
    pub log_level: Option<Level>,
    /// The resources whose changes are announced.
    pub subscriptions: BTreeSet<String>,
    /// When it was opened.
    pub created: Timestamp,
    /// When it was last used.
    pub last_activity: Timestamp,
    /// How many requests it has made.
    pub requests: u64,
    /// How many entries were ever appended to its history.
    pub recorded: u64,
}

impl SessionRecord {
    /// The record of a session at the moment of its creation.
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

/// One line of a session's history. The store does not look into it.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    /// What it counts as in the deployment's [`Totals`].
    pub operation: &'static str,
    /// What to keep.
    pub body: RawJson,
}

/// Figures of the whole deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Entries ever appended, by operation.
    pub by_operation: BTreeMap<String, u64>,
    /// Sessions that are alive.
    pub active_sessions: u64,
}
