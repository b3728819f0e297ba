//! The log of the events on the streams of a session, in order, so that any node
//! can resume a stream where it broke.
//! spec: basic/transports (resumability and redelivery)

pub mod cursor;
pub mod id;
pub mod log;
pub mod memory;
pub mod open_streams;
pub mod redis;
pub mod stream_handle;

pub use cursor::{Frame, StreamCursor};
pub use id::{AttemptId, EntryId, EventId, StreamId, StreamKind};
pub use log::{
    CallRegistration, EntryKind, Event, EventLog, GetStreamLease, LogBounds,
    LogPage, ReaderLocation, Resumption, Runner,
};
pub use memory::MemoryLog;
pub use open_streams::OpenStreams;
pub use redis::RedisLog;
pub use stream_handle::{CloseReason, StreamHandle};
