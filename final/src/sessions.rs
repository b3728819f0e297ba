//! Sessions: their records, and the stores that keep them.
//!
//! A **tape** is the stateless era's session: a history that one request opens, and
//! that later requests name by its ID. Stores keep tapes like sessions.

pub mod audit;
pub mod clock;
pub mod id;
pub mod memory;
pub mod record;
pub mod redis;
pub mod store;

pub use audit::{Audit, AuditEntry, AuditRequest};
pub use clock::{Clock, Timestamp};
pub use id::{Caller, NodeId, Principal, SessionId};
pub use memory::MemoryStore;
pub use record::{HistoryEntry, Phase, SessionInit, SessionRecord, Totals};
pub use redis::RedisStore;
pub use store::{
    AppendedSession, HistoryAppend, SessionStore, StoreError, StoreSettings,
    TouchedSession, Vitals,
};
