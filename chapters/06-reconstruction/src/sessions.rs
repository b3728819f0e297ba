//! Sessions: the record of a session, and the stores for it.

pub mod clock;
pub mod id;
pub mod memory;
pub mod record;
pub mod redis;
pub mod store;

pub use clock::{Clock, Timestamp};
pub use id::{NodeId, Principal, SessionId};
pub use memory::MemoryStore;
pub use record::{HistoryEntry, Phase, SessionInit, SessionRecord, Totals};
pub use redis::RedisStore;
pub use store::{SessionStore, StoreError, StoreSettings, TouchedSession};
