//! A call whose answer is a stream: registered in storage, so that it can be resumed
//! on any node.
//! spec: basic/transports (resumability and redelivery)

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::attempts::Attempt;
use super::streams::{Streams, prime};
use super::{Call, CallOutcome};
use crate::calls::{CallEvent, CallOutput};
use crate::error::Error;
use crate::events::{
    AttemptId, CallRegistration, EventId, Runner, StreamCursor, StreamId,
};
use crate::protocol::RawJson;
use crate::protocol::jsonrpc::RequestId;
use crate::service::SessionHandle;
use crate::sessions::{SessionId, StoreError};

/// Pause before a write is repeated that storage did not confirm.
const PAUSE: Duration = Duration::from_millis(500);

/// A call of this node that has become a stream.
struct StreamedCall {
    session: SessionId,
    stream: StreamId,
    id: RequestId,
    attempt: Attempt,
    /// The number of appended batches.
    batches: u64,
}

impl Streams {
    /// Continues a call as a stream, which begins with `batch`. All that the call
    /// emits from now on comes through `output`.
    ///
    /// # Errors
    /// [`Error::DuplicateId`] if a call with this id is still running as a stream,
    /// on any node; [`Error::SessionNotFound`], [`Error::Store`]. The call is then
    /// cancelled.
    pub async fn open_call(
        self: &Arc<Self>,
        session: &SessionHandle,
        call: Call,
        batch: Vec<CallEvent>,
        output: CallOutput,
        hang_up: CancellationToken,
    ) -> Result<StreamCursor, Error> {
        let session = session.session().await?;
        let id = session.init().id;
        let attempt = self.attempts.begin();
        let opening = match self.register(&id, &call.id, &attempt.id).await {
            Ok(opening) => opening,
            Err(error) => {
                // The client may use the id again when it has the error.
                call.cancel().await;
                return Err(error);
            }
        };
        let cursor = self.read(session, opening, None, None, hang_up);
        let streamed = StreamedCall {
            session: id,
            stream: opening.stream,
            id: call.id.clone(),
            attempt,
            batches: 0,
        };
        let work = self.clone().run(streamed, call, batch, output);
        self.node.background.spawn(work);
        Ok(prime(cursor, session, opening))
    }

    /// Registers a call for all nodes, and opens its stream.
    async fn register(
        &self,
        session: &SessionId,
        call: &RequestId,
        attempt: &AttemptId,
    ) -> Result<EventId, Error> {
        let mut opened = self.log.open_call(session, call, attempt).await;
        if let Ok(Some(CallRegistration::RunningElsewhere(stream, runner))) =
            &opened
        {
            self.free_id(session, *stream, runner).await;
            opened = self.log.open_call(session, call, attempt).await;
        }
        match opened {
            Ok(Some(CallRegistration::New(opening))) => Ok(opening),
            Ok(Some(
                CallRegistration::RunningElsewhere(..)
                | CallRegistration::Withdrawn,
            )) => Err(Error::DuplicateId),
            Ok(None) => Err(Error::SessionNotFound),
            Err(error) => {
                self.withdraw(*session, call.clone(), attempt.clone());
                Err(error.into())
            }
        }
    }

    /// Frees the id of a call that no node runs: its node is dead, or it is this one
    /// and has given up the attempt.
    async fn free_id(&self, id: &SessionId, stream: StreamId, runner: &Runner) {
        if self.lease.is_foreign(runner) {
            self.lease.fail_if_orphaned(id, stream, runner).await;
        } else if !self.attempts.contains(&runner.attempt) {
            let finish = self.log.finish_call(id, stream, &runner.attempt, None);
            if let Err(error) = finish.await {
                tracing::debug!(%error, "an id is not free yet");
            }
        }
    }

    /// Withdraws an attempt that was not confirmed: it may be in storage, or still
    /// on its way there. No node runs it, so the id of its call must be free again.
    fn withdraw(&self, session: SessionId, call: RequestId, attempt: AttemptId) {
        let log = self.log.clone();
        self.node.background.spawn(async move {
            until_stored(|| log.withdraw_call(&session, &call, &attempt)).await;
        });
    }

    /// Appends the messages and the answer of a call. If the call has no time left,
    /// its answer is an error.
    async fn run(
        self: Arc<Self>,
        mut streamed: StreamedCall,
        call: Call,
        batch: Vec<CallEvent>,
        output: CallOutput,
    ) {
        let cancelled = call.cancellation();
        let work = call.into_task();
        let answer = tokio::select! {
            outcome = self.pump(&mut streamed, work, batch, output) => {
                outcome.map(|outcome| outcome.into_message(&streamed.id))
            }
            () = self.node.out_of_time.cancelled() => {
                Some(Some(Error::Draining.to_message(Some(&streamed.id))))
            }
        };
        cancelled.cancel();
        if let Some(answer) = answer {
            self.finish(&streamed, answer).await;
        }
    }

    /// Appends the messages of a call until it has ended; `None` if storage refuses
    /// more of them: the session is over, or this node was taken for dead.
    async fn pump(
        &self,
        streamed: &mut StreamedCall,
        work: JoinHandle<CallOutcome>,
        mut batch: Vec<CallEvent>,
        mut output: CallOutput,
    ) -> Option<CallOutcome> {
        if batch.is_empty() {
            batch = output.next_batch().await;
        }
        while !batch.is_empty() {
            if !self.append(streamed, batch).await {
                return None;
            }
            batch = output.next_batch().await;
        }
        Some(work.await.unwrap_or(CallOutcome::Cancelled))
    }

    /// Appends a batch; `false` if storage refuses more of the call.
    async fn append(
        &self,
        streamed: &mut StreamedCall,
        batch: Vec<CallEvent>,
    ) -> bool {
        streamed.batches += 1;
        let StreamedCall { session, stream, attempt, batches, .. } = &*streamed;
        let closes_connection =
            batch.iter().any(|event| matches!(event, CallEvent::CloseConnection));
        let messages: Vec<RawJson> =
            batch.into_iter().filter_map(CallEvent::into_message).collect();
        let append = || {
            let id = &attempt.id;
            self.log.append_events(session, *stream, id, *batches, &messages)
        };
        let appended = until_stored(append).await;
        self.open.wake(session, *stream);
        if closes_connection {
            self.open.ask_to_reconnect(session, *stream);
        }
        appended == Some(true)
    }

    async fn finish(&self, streamed: &StreamedCall, answer: Option<RawJson>) {
        let StreamedCall { session, stream, attempt, .. } = streamed;
        let finish =
            || self.log.finish_call(session, *stream, &attempt.id, answer.as_ref());
        until_stored(finish).await;
        self.open.wake(session, *stream);
    }
}

/// Repeats a write until storage has confirmed it: it is **idempotent**. `None` if
/// storage refuses it.
async fn until_stored<T, F>(mut write: impl FnMut() -> F) -> Option<T>
where
    F: Future<Output = Result<T, StoreError>>,
{
    loop {
        match write().await {
            Ok(written) => return Some(written),
            Err(error) if error.is_outage() => {
                tracing::debug!(%error, "a stream waits for storage");
                sleep(PAUSE).await;
            }
            Err(error) => {
                tracing::warn!(%error, "a stream was lost");
                return None;
            }
        }
    }
}
