//! Sessions: what is kept of a conversation, where it is kept, and what of it
//! is live on this node.

pub mod audit;
pub mod clock;
pub mod id;
pub mod live;
pub mod memory;
pub mod outbox;
pub mod record;
pub mod redis;
pub mod store;

pub use audit::{Audit, AuditEntry};
pub use clock::{Clock, Timestamp};
pub use id::{Caller, NodeId, Principal, SessionId};
pub use live::{LiveSession, LiveSessions, PinnedSession};
pub use memory::MemoryStore;
pub use outbox::{CallEvent, CallOutput, CallSink};
pub use record::{HistoryEntry, Phase, SessionInit, SessionRecord, Totals};
pub use redis::RedisStore;
pub use store::{
    AppendedSession, HistoryAppend, SessionStore, StoreError, StoreSettings,
    TouchedSession, Vitals,
};
