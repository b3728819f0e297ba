//! Sessions: the record of a session, and the stores for it.

pub mod id;
pub mod memory;
pub mod record;
pub mod redis;
pub mod store;

pub use id::SessionId;
pub use memory::MemoryStore;
pub use record::{HistoryEntry, SessionRecord, Totals};
pub use redis::RedisStore;
pub use store::{SessionStore, StoreError, StoreSettings};
