//! The bounded queue between a running call and the transport that sends its
//! messages.
//!
//! **Back-pressure**: a call that sends faster than storage accepts must wait. It
//! never waits for its client, because a slow client reads from storage later.

use tokio::sync::mpsc;

use crate::protocol::RawJson;

/// The maximum number of waiting events. A message has a few hundred bytes, so a
/// call costs some tens of KiB while storage is slow.
pub const CAPACITY: usize = 64;

/// An event that a call emits before its answer.
#[derive(Debug, Clone)]
pub enum CallEvent {
    /// A JSON-RPC message.
    Message(RawJson),
    /// The client may close its connection and reconnect for the rest.
    CloseConnection,
}

impl CallEvent {
    /// Returns the message, if it is one.
    pub fn into_message(self) -> Option<RawJson> {
        match self {
            Self::Message(message) => Some(message),
            Self::CloseConnection => None,
        }
    }
}

/// The sending end. The call emits nothing more when it is dropped.
#[derive(Debug)]
pub struct CallSink(Option<mpsc::Sender<CallEvent>>);

/// The receiving end.
#[derive(Debug)]
pub struct CallOutput(mpsc::Receiver<CallEvent>);

impl CallSink {
    /// Opens a queue for one call.
    pub fn open() -> (Self, CallOutput) {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        (Self(Some(sender)), CallOutput(receiver))
    }

    /// Returns a sink that drops all events, for a client that accepts no stream.
    pub fn closed() -> Self {
        Self(None)
    }

    /// Returns whether events reach the client.
    pub fn is_stream(&self) -> bool {
        self.0.is_some()
    }

    /// Puts an event into the queue as soon as there is room.
    pub async fn send(&self, event: CallEvent) {
        if let Some(sender) = &self.0 {
            // It fails if the receiver is gone. The call continues without one.
            let _ = sender.send(event).await;
        }
    }
}

impl CallOutput {
    /// Returns all waiting events, at least one; none after the call has dropped
    /// its sink and all events were taken. May be dropped and called again.
    pub async fn next_batch(&mut self) -> Vec<CallEvent> {
        let mut batch = Vec::new();
        self.0.recv_many(&mut batch, CAPACITY).await;
        batch
    }
}
