//! The output: a queue of lines that is bounded in number and in bytes, and its
//! writer.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::calls::CallOutput;
use crate::engine::Call;
use crate::events::{Frame, StreamCursor};
use crate::protocol::{RawJson, one_line};

/// How many lines may wait for the client to read.
const LINES: usize = 256;

/// How many bytes may wait for the client to read. A longer line waits alone.
const BYTES: u32 = 4 << 20;

/// The sending end.
#[derive(Clone)]
pub struct Lines {
    queue: mpsc::Sender<(RawJson, OwnedSemaphorePermit)>,
    room: Arc<Semaphore>,
}

/// The receiving end.
pub struct Written(mpsc::Receiver<(RawJson, OwnedSemaphorePermit)>);

/// Creates an empty queue.
pub fn lines() -> (Lines, Written) {
    let (queue, written) = mpsc::channel(LINES);
    let room = Arc::new(Semaphore::new(BYTES as usize));
    (Lines { queue, room }, Written(written))
}

impl Lines {
    /// Puts a message in the queue, as soon as there is room. A closed output ends
    /// [`serve`](super::serve), so it is no error here.
    pub async fn send(&self, message: RawJson) {
        let length = u32::try_from(message.get().len()).unwrap_or(BYTES).min(BYTES);
        let room = self.room.clone().acquire_many_owned(length).await;
        if let Ok(room) = room {
            let _ = self.queue.send((message, room)).await;
        }
    }

    /// Runs a call and sends its messages. Returns its answer, if it has one.
    pub async fn send_messages(
        &self,
        mut call: Call,
        output: CallOutput,
    ) -> Option<RawJson> {
        let send = |message| async move {
            self.send(message).await;
            Ok::<_, Infallible>(())
        };
        let Ok(outcome) = call.drive(Vec::new(), output, send).await;
        outcome.into_message(&call.id)
    }

    /// Waits until all earlier messages are in the queue, and there is room for
    /// more. Requests of a client that does not read its answers wait in the
    /// client.
    pub async fn ready(&self) {
        let _ = self.room.acquire().await;
        let _ = self.queue.reserve().await;
    }

    /// Resolves when the output is closed.
    pub async fn closed(&self) {
        self.queue.closed().await;
    }
}

/// Writes messages, one per line. They are compact JSON, so they contain no
/// newline.
///
/// # Errors
/// [`std::io::Error`] of the output.
pub async fn write(
    output: impl AsyncWrite,
    Written(mut queue): Written,
) -> std::io::Result<()> {
    let mut output = pin!(output);
    while let Some((message, _room)) = queue.recv().await {
        output.write_all(one_line(&message).as_bytes()).await?;
        output.write_all(b"\n").await?;
        output.flush().await?;
    }
    Ok(())
}

/// Writes the messages that belong to no call, until the session ends.
pub async fn write_stream(mut stream: StreamCursor, lines: Lines) {
    while let Some(frame) = stream.next().await {
        if let Frame::Message(_, message) = frame {
            lines.send(message).await;
        }
    }
}
