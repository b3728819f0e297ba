//! The bounded queue between the server and one open stream.
//!
//! The sender never waits. A reader that does not keep up is cut off, so it can
//! delay neither its own call nor anybody else's. Most calls send nothing but
//! their answer, so an unused queue is one small allocation.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use crate::protocol::RawJson;

/// How many messages may wait for one reader. A message is a few hundred bytes,
/// so a stalled reader costs some tens of KiB before it is cut off.
pub const CAPACITY: usize = 256;

/// What travels on a stream.
#[derive(Debug)]
pub enum Frame {
    /// A JSON-RPC message.
    Message(RawJson),
    /// The stream ends here; the client is asked to come back.
    Retry,
}

/// The sending end. The stream ends when it is gone.
#[derive(Debug)]
pub struct Outbox(Option<Arc<Queue>>);

/// The receiving end.
#[derive(Debug)]
pub struct Inbox(Arc<Queue>);

#[derive(Debug, Default)]
struct Queue {
    state: Mutex<State>,
    /// The reader is the only one who waits.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Frame>,
    /// The sender is gone.
    done: bool,
    /// The reader gets nothing more.
    cut: bool,
}

impl Outbox {
    /// A queue for one stream.
    pub fn open() -> (Self, Inbox) {
        let queue = Arc::new(Queue::default());
        (Self(Some(queue.clone())), Inbox(queue))
    }

    /// For a client that takes no stream: messages to it are dropped.
    pub fn closed() -> Self {
        Self(None)
    }

    /// Whether anybody can be reached. `false` says that nobody ever could,
    /// not that the reader has left.
    pub fn is_stream(&self) -> bool {
        self.0.is_some()
    }

    /// Queues a frame. If the queue is full the reader is cut off.
    pub fn send(&self, frame: Frame) {
        let Some(queue) = &self.0 else { return };
        let mut state = queue.state();
        if state.frames.len() < CAPACITY && !state.cut {
            state.frames.push_back(frame);
        } else if !state.cut {
            tracing::info!("a stream's reader does not keep up and is cut off");
            state.cut();
        }
        queue.changed.notify_one();
    }

    /// Ends the stream at once.
    pub fn cut(&self) {
        if let Some(queue) = &self.0 {
            queue.state().cut();
            queue.changed.notify_one();
        }
    }

    /// Whether this is the other end of `inbox`.
    pub fn leads_to(&self, inbox: &Inbox) -> bool {
        self.0.as_ref().is_some_and(|queue| Arc::ptr_eq(queue, &inbox.0))
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        if let Some(queue) = &self.0 {
            queue.state().done = true;
            queue.changed.notify_one();
        }
    }
}

impl Inbox {
    /// The next frame; `None` once the sender is gone and the queue is empty,
    /// or the reader was cut off.
    pub async fn recv(&mut self) -> Option<Frame> {
        loop {
            {
                let mut state = self.0.state();
                let frame = state.frames.pop_front();
                if frame.is_some() || state.cut || state.done {
                    return frame;
                }
            }
            self.0.changed.notified().await;
        }
    }

    /// Whether the reader was cut off, so that it must not be told the rest.
    pub fn is_cut(&self) -> bool {
        self.0.state().cut
    }
}

/// A reader that has left is not sent anything.
impl Drop for Inbox {
    fn drop(&mut self) {
        self.0.state().cut();
    }
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn cut(&mut self) {
        self.cut = true;
        self.frames = VecDeque::new();
    }
}
