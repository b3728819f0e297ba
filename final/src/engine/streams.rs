//! Calls whose answer is a stream, and the streams that are read on this node.
//! spec: basic/transports (listening, resumability and redelivery)

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::attempts::Attempt;
use super::{Call, CallOutcome, Engine, Session};
use crate::error::Error;
use crate::events::{
    AttemptId, CallRegistration, CloseReason, EventId, GetStreamLease, Resumption,
    Runner, StreamCursor, StreamHandle, StreamId, StreamKind,
};
use crate::protocol::RawJson;
use crate::protocol::jsonrpc::RequestId;
use crate::sessions::{CallEvent, CallOutput, SessionId, StoreError};

/// Pause before storage that is away is told again.
const PAUSE: Duration = Duration::from_millis(500);

/// A call of this node that has become a stream.
struct StreamedCall {
    session: SessionId,
    stream: StreamId,
    call: RequestId,
    attempt: Attempt,
    /// Batches that were appended.
    batches: u64,
}

impl Engine {
    /// Opens the session's stream for what belongs to no call.
    ///
    /// # Errors
    /// [`Error::SessionNotFound`], [`Error::Store`].
    pub async fn open_get_stream(
        &self,
        session: &Session,
        hang_up: CancellationToken,
    ) -> Result<StreamCursor, Error> {
        let held = self.log.open_get_stream(&session.init().id).await?;
        let GetStreamLease { opening, hold } =
            held.ok_or(Error::SessionNotFound)?;
        let reader = self.read(session, opening, None, Some(hold), hang_up);
        Ok(prime(reader, session, opening))
    }

    /// Goes on with a stream after an event that the client has seen, strictly, on
    /// whichever node the stream was sent before.
    ///
    /// # Errors
    /// [`Error::CannotResume`] says why not (D007, A13).
    pub async fn resume(
        &self,
        session: &Session,
        last_event_id: &str,
        hang_up: CancellationToken,
    ) -> Result<StreamCursor, Error> {
        let unknown = Error::CannotResume("it is unknown or too old");
        let Some(seen) = EventId::parse(last_event_id) else {
            return Err(unknown);
        };
        let id = &session.init().id;
        let resumed = self.log.resume_stream(id, seen).await?;
        let (runner, hold) = match resumed.ok_or(Error::SessionNotFound)? {
            Resumption::Call(runner) => (runner, None),
            Resumption::Listener(hold) => (None, Some(hold)),
            Resumption::Unknown => return Err(unknown),
            Resumption::Over => {
                return Err(Error::CannotResume("its stream has ended"));
            }
            Resumption::Replaced => {
                return Err(Error::CannotResume("a newer stream took its place"));
            }
        };
        let foreign = runner.filter(|runner| runner.node != self.node);
        if let Some(runner) = &foreign {
            self.fail_if_orphaned(id, seen.stream, runner).await;
        }
        self.metrics.streams_resumed.inc();
        let reader = self.read(session, seen, foreign, hold, hang_up);
        Ok(reader.counting(self.metrics.events_replayed.clone()))
    }

    fn read(
        &self,
        session: &Session,
        seen: EventId,
        runner: Option<Runner>,
        hold: Option<u64>,
        hang_up: CancellationToken,
    ) -> StreamCursor {
        let opened = session.init();
        let resumable = opened.era.has_priming();
        let reading =
            StreamHandle::new(opened.id, seen.stream, runner, resumable, hang_up);
        let reader = StreamCursor::new(
            self.log.clone(),
            self.readers.clone(),
            reading.clone(),
            hold,
            seen.entry,
            self.live.pin(opened.id),
            self.background.clone(),
        );
        // CompiledTool when the stream can be seen, or the drain might miss it.
        if self.dismissing.load(Ordering::SeqCst) {
            self.dismiss(&reading);
        }
        reader
    }

    /// Lets a call go on as a stream. It begins with `said`, which the call has
    /// said so far; what it says from now on is in `inbox`.
    ///
    /// # Errors
    /// [`Error::DuplicateId`] if a call with this id is still running as a stream, on
    /// whichever node; [`Error::SessionNotFound`], [`Error::Store`]. The call is then over.
    pub async fn stream(
        self: &Arc<Self>,
        session: &Session,
        call: Call,
        said: Vec<CallEvent>,
        inbox: CallOutput,
        hang_up: CancellationToken,
    ) -> Result<StreamCursor, Error> {
        let attempt = self.attempts.begin();
        let opening = self.register(session, &call.id, &attempt.id).await?;
        let reader = self.read(session, opening, None, None, hang_up);
        let streaming = StreamedCall {
            session: session.init().id,
            stream: opening.stream,
            call: call.id.clone(),
            attempt,
            batches: 0,
        };
        let engine = self.clone();
        self.background.spawn(async move {
            engine.run(streaming, call, said, inbox).await;
        });
        Ok(prime(reader, session, opening))
    }

    /// Makes a call known to all nodes, and opens its stream.
    async fn register(
        self: &Arc<Self>,
        session: &Session,
        call: &RequestId,
        attempt: &AttemptId,
    ) -> Result<EventId, Error> {
        let id = session.init().id;
        let mut opened = self.log.open_call(&id, call, attempt).await;
        if let Ok(Some(CallRegistration::RunningElsewhere(stream, runner))) =
            &opened
        {
            self.free_call(&id, *stream, runner).await;
            opened = self.log.open_call(&id, call, attempt).await;
        }
        match opened {
            Ok(Some(CallRegistration::New(opening))) => Ok(opening),
            Ok(Some(
                CallRegistration::RunningElsewhere(..)
                | CallRegistration::Withdrawn,
            )) => Err(Error::DuplicateId),
            Ok(None) => Err(Error::SessionNotFound),
            Err(error) => {
                self.withdraw(id, call.clone(), attempt.clone());
                Err(error.into())
            }
        }
    }

    /// Frees the id of a call that nobody runs: its node is dead, or it is this one
    /// and has given up the attempt.
    async fn free_call(&self, id: &SessionId, stream: StreamId, runner: &Runner) {
        if runner.node != self.node {
            self.fail_if_orphaned(id, stream, runner).await;
        } else if !self.attempts.contains(&runner.attempt) {
            let finish = self.log.finish_call(id, stream, &runner.attempt, None);
            if let Err(error) = finish.await {
                tracing::debug!(%error, "an id is not free yet");
            }
        }
    }

    /// Takes back an attempt that was not confirmed: it may be in storage, or still
    /// on its way there. Nobody runs it, so the id of its call must be free again.
    fn withdraw(
        self: &Arc<Self>,
        session: SessionId,
        call: RequestId,
        attempt: AttemptId,
    ) {
        let log = self.log.clone();
        self.background.spawn(async move {
            until_stored(|| log.withdraw_call(&session, &call, &attempt)).await;
        });
    }

    /// Appends what a call says, and its end. If there is no time left for the
    /// call, its end is an error.
    async fn run(
        self: Arc<Self>,
        mut streaming: StreamedCall,
        call: Call,
        said: Vec<CallEvent>,
        inbox: CallOutput,
    ) {
        let mut work = call.into_task();
        let answer = tokio::select! {
            ended = self.pump(&mut streaming, &mut work, said, inbox) => {
                ended.map(|ended| ended.into_message(&streaming.call))
            }
            () = self.out_of_time.cancelled() => {
                Some(Some(Error::Draining.to_message(Some(&streaming.call))))
            }
        };
        work.abort();
        if let Some(answer) = answer {
            self.finish_call(&streaming, answer).await;
        }
    }

    /// Appends what a call says until it has ended; `None` if nobody wants to hear
    /// more of it: the session is over, or this node was taken for dead.
    async fn pump(
        &self,
        streaming: &mut StreamedCall,
        work: &mut JoinHandle<CallOutcome>,
        mut said: Vec<CallEvent>,
        mut inbox: CallOutput,
    ) -> Option<CallOutcome> {
        if said.is_empty() {
            said = inbox.next_batch().await;
        }
        while !said.is_empty() {
            if !self.append_events(streaming, said).await {
                return None;
            }
            said = inbox.next_batch().await;
        }
        Some(work.await.unwrap_or(CallOutcome::Cancelled))
    }

    /// Appends a batch; `false` if nobody wants to hear more of the call.
    async fn append_events(
        &self,
        streaming: &mut StreamedCall,
        said: Vec<CallEvent>,
    ) -> bool {
        let (session, stream) = (&streaming.session, streaming.stream);
        let hangs_up =
            said.iter().any(|said| matches!(said, CallEvent::CloseConnection));
        let messages: Vec<RawJson> =
            said.into_iter().filter_map(CallEvent::into_message).collect();
        streaming.batches += 1;
        let batch = streaming.batches;
        let attempt = &streaming.attempt.id;
        let append =
            || self.log.append_events(session, stream, attempt, batch, &messages);
        let appended = until_stored(append).await;
        self.readers.wake(session, stream);
        if hangs_up {
            self.readers.ask_to_reconnect(session, stream);
        }
        appended == Some(true)
    }

    async fn finish_call(&self, streaming: &StreamedCall, answer: Option<RawJson>) {
        let (session, stream) = (&streaming.session, streaming.stream);
        let attempt = &streaming.attempt.id;
        let finish =
            || self.log.finish_call(session, stream, attempt, answer.as_ref());
        until_stored(finish).await;
        self.readers.wake(session, stream);
    }

    /// Asks the reader of a stream to come back, to another node. In memory the
    /// stream of a call could not be found there, so it is held.
    fn dismiss(&self, reading: &StreamHandle) {
        match reading.stream.kind {
            StreamKind::Listener => reading.close(CloseReason::Reconnect),
            StreamKind::Call if self.shared => reading.ask_to_reconnect(),
            StreamKind::Call => {}
        }
    }

    /// Asks everybody who listens to come back later, and those who are yet to
    /// come: this node is going down. Calls go on.
    pub fn close_streams(&self) {
        self.dismissing.store(true, Ordering::SeqCst);
        self.listeners.end();
        for reading in self.readers.all() {
            self.dismiss(&reading);
        }
    }
}

/// The opening of a stream is sent to a client that knows of such (L043).
fn prime(
    reader: StreamCursor,
    session: &Session,
    opening: EventId,
) -> StreamCursor {
    if session.init().era.has_priming() {
        reader.from_opening(opening.entry)
    } else {
        reader
    }
}

/// Tells storage until it has understood: what it did not confirm is said again,
/// and has its effect once. `None` if it refuses.
async fn until_stored<T, F>(mut tell: impl FnMut() -> F) -> Option<T>
where
    F: Future<Output = Result<T, StoreError>>,
{
    loop {
        match tell().await {
            Ok(told) => return Some(told),
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
