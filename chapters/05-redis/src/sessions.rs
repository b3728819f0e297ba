//! Sessions: what is kept of a conversation, and where it is kept.

pub mod id;
pub mod memory;
pub mod record;
pub mod redis;
pub mod store;

pub use id::SessionId;
pub use memory::MemoryStore;
pub use record::{Entry, SessionRecord, Totals};
pub use redis::RedisStore;
pub use store::{SessionStore, StoreError, StoreSettings};
