//! A call's stream in the stateless era: said to whoever asked and to nobody else,
//! with no ids and nothing to resume (M057). When the client goes, the call ends.

use std::time::Duration;

use axum::response::Response;
use prometheus::IntGauge;
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{Http, sse};
use crate::{
    engine::Call,
    protocol::RawJson,
    sessions::{Inbox, Said},
};

/// How many messages may wait for the client; then the call waits.
const QUEUE: usize = 16;

/// Lets a call go on in the background, and sends what it says: `said` so far, then
/// what comes to `inbox`, then its answer.
pub fn stream(
    http: &Http,
    open: &IntGauge,
    call: Call,
    said: Vec<Said>,
    inbox: Inbox,
    hang_up: CancellationToken,
) -> Response {
    let (sender, messages) = mpsc::channel(QUEUE);
    let client = Client { sender, stall: http.sse_stall, hang_up };
    http.engine.spawn(client.attend(call, said, inbox));
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
struct Gone;

impl Client {
    async fn attend(self, mut call: Call, said: Vec<Said>, inbox: Inbox) {
        let talk = async {
            let ended = async { Ok::<_, Gone>((&mut call).await) };
            let (ended, ()) = tokio::try_join!(ended, self.say_all(said, inbox))?;
            if let Some(answer) = ended.into_message(&call.id) {
                self.say(answer).await?;
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

    async fn say_all(
        &self,
        mut said: Vec<Said>,
        mut inbox: Inbox,
    ) -> Result<(), Gone> {
        if said.is_empty() {
            said = inbox.take().await;
        }
        while !said.is_empty() {
            for message in said.into_iter().filter_map(Said::into_message) {
                self.say(message).await?;
            }
            said = inbox.take().await;
        }
        Ok(())
    }

    async fn say(&self, message: RawJson) -> Result<(), Gone> {
        self.in_time(self.sender.send(message)).await
    }

    /// Waits for the client to take something, but not for ever.
    async fn in_time<T, E>(
        &self,
        taken: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Gone> {
        match timeout(self.stall, taken).await {
            Ok(taken) => taken.map_err(|_| Gone),
            Err(_) => {
                tracing::info!("a client does not keep up and is cut off");
                self.hang_up.cancel();
                Err(Gone)
            }
        }
    }
}
