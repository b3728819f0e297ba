//! The running calls of both eras, which share the client's one set of ids.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::writer::Lines;
use crate::calls::CallOutput;
use crate::engine::Call;
use crate::error::Error;
use crate::lock::lock;
use crate::protocol::jsonrpc::{
    Notification, Request, RequestId, notification_message,
};
use crate::protocol::method::Method;
use crate::protocol::progress::CancelledParams;

/// The maximum size of all requests that are served concurrently, in bytes.
const SERVED: usize = 16 << 20;

/// The minimum that a running call counts, in bytes: about its memory. So there are
/// at most 1024.
const CALL: usize = 16 << 10;

/// How long a request waits for room among the running ones. Not forever, because
/// they may wait for answers that come after it.
const ROOM: Duration = Duration::from_secs(1);

/// Running calls, which send to one output.
pub(super) struct RunningCalls {
    lines: Lines,
    tasks: JoinSet<()>,
    ids: Arc<Mutex<HashMap<RequestId, RunningCall>>>,
    room: Arc<Semaphore>,
}

struct RunningCall {
    cancelled: CancellationToken,
    /// It is a subscription, which does not end by itself.
    listens: bool,
}

impl RunningCalls {
    pub fn new(lines: Lines) -> Self {
        let tasks = JoinSet::new();
        let room = Arc::new(Semaphore::new(SERVED));
        Self { lines, tasks, ids: Arc::default(), room }
    }

    /// Waits for room for one more call.
    ///
    /// # Errors
    /// [`Error::RateLimited`] if there is none in time.
    pub async fn room_for(
        &self,
        request: &Request,
    ) -> Result<OwnedSemaphorePermit, Error> {
        let length = request.params.as_ref().map_or(0, |it| it.get().len());
        let length = u32::try_from(length.clamp(CALL, SERVED)).unwrap_or(u32::MAX);
        let room = self.room.clone().acquire_many_owned(length);
        let room = timeout(ROOM, room).await.ok().and_then(Result::ok);
        room.ok_or(Error::RateLimited(ROOM.as_secs()))
    }

    /// Runs a call in a task of its own, and sends its messages and its answer.
    ///
    /// # Errors
    /// [`Error::DuplicateId`] if another one runs under its id, in either era: a
    /// cancellation would be ambiguous.
    pub fn start(
        &mut self,
        call: Call,
        output: CallOutput,
        room: OwnedSemaphorePermit,
        listens: bool,
    ) -> Result<(), Error> {
        match lock(&self.ids).entry(call.id.clone()) {
            Entry::Occupied(_) => return Err(Error::DuplicateId),
            Entry::Vacant(free) => {
                let cancelled = call.cancellation();
                free.insert(RunningCall { cancelled, listens });
            }
        }
        // Tasks that have ended are kept until they are joined.
        while self.tasks.try_join_next().is_some() {}
        let ids = self.ids.clone();
        let lines = self.lines.clone();
        self.tasks.spawn(async move {
            let id = call.id.clone();
            let answer = lines.send_messages(call, output).await;
            // Its client may use the id again as soon as it has the answer.
            lock(&ids).remove(&id);
            if let Some(answer) = answer {
                lines.send(answer).await;
            }
            drop(room);
        });
        Ok(())
    }

    /// Cancels the running call that a notification names; `false` if there is none.
    pub fn cancel(&self, notification: &Notification) -> bool {
        let Method::Cancelled = Method::parse(&notification.method) else {
            return false;
        };
        let params = notification.params.as_ref().map(|params| params.get());
        let params = params.and_then(|params| serde_json::from_str(params).ok());
        let Some(CancelledParams { request_id, .. }) = params else { return false };
        let ids = lock(&self.ids);
        ids.get(&request_id).inspect(|call| call.cancelled.cancel()).is_some()
    }

    /// Ends the subscriptions, over this transport with a notification (M185, A1), then
    /// waits for all calls.
    pub async fn finish(&mut self) {
        for request_id in self.cancel_subscriptions() {
            let reason = Some("the server is shutting down".to_owned());
            let params = CancelledParams { request_id, reason };
            let method = "notifications/cancelled";
            self.lines.send(notification_message(method, &params)).await;
        }
        while self.tasks.join_next().await.is_some() {}
    }

    fn cancel_subscriptions(&self) -> Vec<RequestId> {
        let ids = lock(&self.ids);
        let listening = ids.iter().filter(|(_, call)| call.listens);
        listening
            .map(|(id, call)| {
                call.cancelled.cancel();
                id.clone()
            })
            .collect()
    }

    /// Aborts the calls that still run.
    pub async fn abort(&mut self) {
        self.tasks.shutdown().await;
    }
}
