//! The stream of a call in the stateless era. Only the client of the request gets it,
//! and cannot resume it, because its events have no ids (M057). When the client
//! disconnects, the call ends.

use std::time::Duration;

use axum::response::Response;
use prometheus::IntGauge;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{Http, sse};
use crate::calls::{CallEvent, CallOutput};
use crate::engine::Call;
use crate::protocol::RawJson;

/// How many messages may wait for the client; a call that sends more must wait.
const QUEUE: usize = 16;

/// Continues a call in the background and streams its messages: `batch`, then those
/// of `output`, then its answer.
pub fn stream(
    http: &Http,
    open: &IntGauge,
    call: Call,
    batch: Vec<CallEvent>,
    output: CallOutput,
    hang_up: CancellationToken,
) -> Response {
    let (sender, messages) = mpsc::channel(QUEUE);
    let client = StreamClient { sender, stall: http.sse_stall, hang_up };
    http.engine.spawn(client.serve(call, batch, output));
    sse::messages(open, messages)
}

/// The other end of the stream.
struct StreamClient {
    sender: mpsc::Sender<RawJson>,
    /// A client is disconnected after this time without a read.
    stall: Duration,
    hang_up: CancellationToken,
}

/// The client no longer reads.
struct Disconnected;

impl StreamClient {
    async fn serve(self, call: Call, batch: Vec<CallEvent>, output: CallOutput) {
        tokio::select! {
            _ = self.send_call(call, batch, output) => {}
            // M058 to M060
            () = self.sender.closed() => {}
        }
    }

    async fn send_call(
        &self,
        mut call: Call,
        batch: Vec<CallEvent>,
        output: CallOutput,
    ) -> Result<(), Disconnected> {
        let send = |message| self.send(message);
        let outcome = call.drive(batch, output, send).await?;
        if let Some(answer) = outcome.into_message(&call.id) {
            self.send(answer).await?;
        }
        // The client must also read the end: then all places are free.
        self.in_time(self.sender.reserve_many(QUEUE)).await.map(drop)
    }

    async fn send(&self, message: RawJson) -> Result<(), Disconnected> {
        self.in_time(self.sender.send(message)).await
    }

    /// Waits until the client has read a message, but not forever.
    async fn in_time<T, E>(
        &self,
        taken: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Disconnected> {
        match timeout(self.stall, taken).await {
            Ok(taken) => taken.map_err(|_| Disconnected),
            Err(_) => {
                tracing::info!("a client does not keep up and is cut off");
                self.hang_up.cancel();
                Err(Disconnected)
            }
        }
    }
}
