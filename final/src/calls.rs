//! The running calls of this node: which there are, what each of them sends, and
//! how one is cancelled.

pub mod registry;
pub mod sink;

pub use registry::{LiveSession, LiveSessions, PinnedSession};
pub use sink::{CallEvent, CallOutput, CallSink};
