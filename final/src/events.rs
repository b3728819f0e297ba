//! What was said on the streams of a session, in order: so that a stream can go
//! on where it broke, on any node.
//! spec: basic/transports (resumability and redelivery)

pub mod cursor;
pub mod id;
pub mod log;
pub mod memory;
pub mod open_streams;
pub mod redis;

pub use cursor::{Frame, StreamCursor};
pub use id::{AttemptId, EntryId, EventId, StreamId, StreamKind};
pub use log::{
    CallRegistration, EntryKind, Event, EventLog, GetStreamLease, LogBounds,
    LogPage, ReaderLocation, Resumption, Runner,
};
pub use memory::MemoryLog;
pub use open_streams::{CloseReason, OpenStreams, StreamHandle};
pub use redis::RedisLog;
