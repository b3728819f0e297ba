//! The record of a session.

use super::id::SessionId;

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
