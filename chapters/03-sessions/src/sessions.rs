//! Sessions: the record of a session, and the stores for it.

pub mod id;
pub mod memory;
pub mod record;

pub use id::SessionId;
pub use memory::MemoryStore;
pub use record::SessionRecord;
