//! The bounded queue between a running call and whoever sends what it says.
//!
//! A call that says more than can be stored waits; for its client it never
//! waits, because what is stored is read from there. Most calls say nothing but
//! their answer, so an unused queue is one small allocation.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Notify;

use crate::lock::lock;
use crate::protocol::RawJson;

/// How many items may wait. A message is a few hundred bytes, so a call costs
/// some tens of KiB while storage is slow. Storage takes as many at once, and others
/// wait meanwhile.
pub const CAPACITY: usize = 64;

/// What a call says on its way to the answer.
#[derive(Debug, Clone)]
pub enum CallEvent {
    /// A JSON-RPC message.
    Message(RawJson),
    /// The client need not hold its connection: it may come back for the rest.
    CloseConnection,
}

impl CallEvent {
    /// The message, if it is one.
    pub fn into_message(self) -> Option<RawJson> {
        match self {
            Self::Message(message) => Some(message),
            Self::CloseConnection => None,
        }
    }
}

/// The sending end. Nothing more is said when it is gone.
#[derive(Debug)]
pub struct CallSink(Option<Arc<Queue>>);

/// The receiving end.
#[derive(Debug)]
pub struct CallOutput(Arc<Queue>);

#[derive(Debug, Default)]
struct Queue {
    state: Mutex<State>,
    /// Something was put in, or nothing more will be.
    filled: Notify,
    /// Something was taken out.
    emptied: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<CallEvent>,
    /// The sender is gone.
    done: bool,
    /// The receiver is gone.
    closed: bool,
}

impl CallSink {
    /// A queue for one call.
    pub fn open() -> (Self, CallOutput) {
        let queue = Arc::new(Queue::default());
        (Self(Some(queue.clone())), CallOutput(queue))
    }

    /// For a client that takes no stream: messages to it are dropped.
    pub fn closed() -> Self {
        Self(None)
    }

    /// Whether anybody can be reached.
    pub fn is_stream(&self) -> bool {
        self.0.is_some()
    }

    /// Puts something in the queue, as soon as there is room.
    pub async fn send(&self, said: CallEvent) {
        let Some(queue) = &self.0 else { return };
        loop {
            let emptied = queue.emptied.notified();
            {
                let mut state = queue.state();
                if state.closed {
                    return;
                }
                if state.waiting.len() < CAPACITY {
                    state.waiting.push_back(said);
                    queue.filled.notify_one();
                    return;
                }
            }
            emptied.await;
        }
    }
}

impl Drop for CallSink {
    fn drop(&mut self) {
        if let Some(queue) = &self.0 {
            queue.state().done = true;
            queue.filled.notify_one();
        }
    }
}

impl CallOutput {
    /// Everything that waits, at least one item; nothing once the sender is gone
    /// and all was taken.
    pub async fn next_batch(&mut self) -> Vec<CallEvent> {
        loop {
            {
                let mut state = self.0.state();
                if !state.waiting.is_empty() || state.done {
                    let taken = std::mem::take(&mut state.waiting);
                    drop(state);
                    self.0.emptied.notify_waiters();
                    return taken.into();
                }
            }
            self.0.filled.notified().await;
        }
    }
}

/// What nobody takes is not said.
impl Drop for CallOutput {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.closed = true;
        state.waiting = VecDeque::new();
        drop(state);
        self.0.emptied.notify_waiters();
    }
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}
