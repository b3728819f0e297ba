//! What was said on the streams of a session, in order: so that a stream can go
//! on where it broke, on any node.
//! spec: basic/transports (resumability and redelivery)

pub mod audit;
pub mod id;
pub mod log;
pub mod memory;
pub mod metered;
pub mod reader;
pub mod readers;
pub mod redis;

pub use audit::Audit;
pub use id::{AttemptId, EntryId, EventId, StreamId, StreamKind};
pub use log::{
    Bounds, Event, EventKind, EventLog, Held, Opened, Page, ReadAt, Resumed, Runner,
};
pub use memory::MemoryLog;
pub use metered::MeteredLog;
pub use reader::{Frame, Reader};
pub use readers::{Farewell, Readers, Reading};
pub use redis::RedisLog;
