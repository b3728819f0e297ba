//! What is kept of a session.

use super::id::SessionId;

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
