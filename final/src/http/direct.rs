//! A call's stream in the stateless era: said to whoever asked and to nobody else,
//! with no ids and nothing to resume (M057). When the client goes, the call ends.

use std::time::Duration;

use axum::response::Response;
use prometheus::IntGauge;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{Http, sse};
use crate::engine::Call;
use crate::protocol::RawJson;
use crate::sessions::{CallEvent, CallOutput};

/// How many messages may wait for the client; then the call waits.
const QUEUE: usize = 16;

/// Lets a call go on in the background, and sends what it says: `said` so far, then
/// what comes to `inbox`, then its answer.
pub fn stream(
    http: &Http,
    open: &IntGauge,
    call: Call,
    said: Vec<CallEvent>,
    inbox: CallOutput,
    hang_up: CancellationToken,
) -> Response {
    let (sender, messages) = mpsc::channel(QUEUE);
    let client = Client { sender, stall: http.sse_stall, hang_up };
    http.engine.spawn(client.drive(call, said, inbox));
    sse::messages(open, messages)
}

/// The other end of the stream.
struct Client {
    sender: mpsc::Sender<RawJson>,
    /// A client that takes nothing for so long is cut off.
    stall: Duration,
    hang_up: CancellationToken,
}

/// The client takes no more.
struct Disconnected;

impl Client {
    async fn drive(self, mut call: Call, said: Vec<CallEvent>, inbox: CallOutput) {
        let talk = async {
            let ended = async { Ok::<_, Disconnected>((&mut call).await) };
            let (ended, ()) = tokio::try_join!(ended, self.pump(said, inbox))?;
            if let Some(answer) = ended.into_message(&call.id) {
                self.send(answer).await?;
            }
            // The end is to be taken, too: then all places are free.
            self.in_time(self.sender.reserve_many(QUEUE)).await.map(drop)
        };
        tokio::select! {
            _ = talk => {}
            // M058 to M060
            () = self.sender.closed() => {}
        }
    }

    async fn pump(
        &self,
        mut said: Vec<CallEvent>,
        mut inbox: CallOutput,
    ) -> Result<(), Disconnected> {
        if said.is_empty() {
            said = inbox.next_batch().await;
        }
        while !said.is_empty() {
            for message in said.into_iter().filter_map(CallEvent::into_message) {
                self.send(message).await?;
            }
            said = inbox.next_batch().await;
        }
        Ok(())
    }

    async fn send(&self, message: RawJson) -> Result<(), Disconnected> {
        self.in_time(self.sender.send(message)).await
    }

    /// Waits for the client to take something, but not for ever.
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
