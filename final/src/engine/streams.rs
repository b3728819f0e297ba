//! Calls whose answer is a stream, and the streams that are read on this node.
//! spec: basic/transports (listening, resumability and redelivery)

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::{task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{Call, Ended, Engine, Session};
use crate::{
    error::Error,
    events::{
        EventId, Farewell, Opened, Reader, Reading, Resumed, Runner, StreamId,
        StreamKind,
    },
    protocol::{RawJson, jsonrpc::RequestId},
    sessions::{Inbox, Said, SessionId, StoreError},
};

/// Pause before storage that is away is told again.
const PAUSE: Duration = Duration::from_millis(500);

/// A call of this node that has become a stream.
struct Streaming {
    session: SessionId,
    stream: StreamId,
    call: RequestId,
    /// Batches that were appended.
    batches: u64,
}

impl Engine {
    /// Opens the session's stream for what belongs to no call.
    ///
    /// # Errors
    /// [`Error::SessionNotFound`], [`Error::Store`].
    pub async fn listen(
        &self,
        session: &Session,
        hang_up: CancellationToken,
    ) -> Result<Reader, Error> {
        let id = &session.record.opened.id;
        let opened = self.log.open_listener(id).await?;
        let opened = opened.ok_or(Error::SessionNotFound)?;
        Ok(self.begin(session, opened, hang_up))
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
    ) -> Result<Reader, Error> {
        let seen = EventId::parse(last_event_id);
        let seen = seen.ok_or(Error::CannotResume("it is unknown or too old"))?;
        let id = &session.record.opened.id;
        let resumed = self.log.resume(id, seen).await?;
        let runner = match resumed.ok_or(Error::SessionNotFound)? {
            Resumed::Open(runner) => runner,
            Resumed::Unknown => {
                return Err(Error::CannotResume("it is unknown or too old"));
            }
            Resumed::Over => {
                return Err(Error::CannotResume("its stream has ended"));
            }
            Resumed::Replaced => {
                return Err(Error::CannotResume("a newer stream took its place"));
            }
        };
        let foreign = runner.filter(|runner| runner.node != self.node);
        if let Some(runner) = &foreign {
            self.bury(id, seen.stream, runner).await;
        }
        self.metrics.streams_resumed.inc();
        let reader = self.read(session, seen, foreign, hang_up);
        Ok(reader.counting(self.metrics.events_replayed.clone()))
    }

    /// Reads a new stream, its opening first if the client knows of such (L043).
    fn begin(
        &self,
        session: &Session,
        opening: EventId,
        hang_up: CancellationToken,
    ) -> Reader {
        let reader = self.read(session, opening, None, hang_up);
        if session.record.opened.version.has_priming() {
            reader.from_opening(opening.entry)
        } else {
            reader
        }
    }

    fn read(
        &self,
        session: &Session,
        seen: EventId,
        runner: Option<Runner>,
        hang_up: CancellationToken,
    ) -> Reader {
        let opened = &session.record.opened;
        let resumable = opened.version.has_priming();
        let reading =
            Reading::new(opened.id, seen.stream, runner, resumable, hang_up);
        let reader = Reader::new(
            self.log.clone(),
            self.readers.clone(),
            reading.clone(),
            seen.entry,
            self.live.hold(opened.id),
            self.background.clone(),
        );
        // Checked when the stream can be seen, or the drain might miss it.
        if self.dismissing.load(Ordering::SeqCst) {
            self.dismiss(&reading);
        }
        reader
    }

    /// Lets a call go on as a stream. It begins with `said`, which the call has
    /// said so far; what it says from now on is in `inbox`.
    ///
    /// # Errors
    /// [`Error::DuplicateId`] if a call with this id is already running on another
    /// node; [`Error::SessionNotFound`], [`Error::Store`]. The call is then over.
    pub async fn stream(
        self: &Arc<Self>,
        session: &Session,
        call: Call,
        said: Vec<Said>,
        inbox: Inbox,
        hang_up: CancellationToken,
    ) -> Result<Reader, Error> {
        let id = session.record.opened.id;
        let opened = match self.log.open_call(&id, &call.id).await? {
            Some(Opened::Taken(stream, node)) => {
                let runner = Runner { node, call: call.id.clone() };
                self.bury(&id, stream, &runner).await;
                self.log.open_call(&id, &call.id).await?
            }
            opened => opened,
        };
        let opened = match opened.ok_or(Error::SessionNotFound)? {
            Opened::New(opened) => opened,
            Opened::Taken(..) => return Err(Error::DuplicateId),
        };
        let reader = self.begin(session, opened, hang_up);
        let streaming = Streaming {
            session: id,
            stream: opened.stream,
            call: call.id.clone(),
            batches: 0,
        };
        let engine = self.clone();
        self.background.spawn(async move {
            engine.run(streaming, call, said, inbox).await;
        });
        Ok(reader)
    }

    /// Appends what a call says, and its end. If there is no time left for the
    /// call, its end is an error.
    async fn run(
        self: Arc<Self>,
        mut streaming: Streaming,
        call: Call,
        said: Vec<Said>,
        inbox: Inbox,
    ) {
        let mut work = call.into_task();
        let answer = tokio::select! {
            ended = self.talk(&mut streaming, &mut work, said, inbox) => {
                ended.map(|ended| ended.into_message(&streaming.call))
            }
            () = self.out_of_time.cancelled() => {
                Some(Some(Error::Draining.to_message(Some(&streaming.call))))
            }
        };
        work.abort();
        if let Some(answer) = answer {
            self.end(&streaming, answer).await;
        }
    }

    /// Appends what a call says until it has ended; `None` if nobody wants to hear
    /// more of it: the session is over, or this node was taken for dead.
    async fn talk(
        &self,
        streaming: &mut Streaming,
        work: &mut JoinHandle<Ended>,
        mut said: Vec<Said>,
        mut inbox: Inbox,
    ) -> Option<Ended> {
        if said.is_empty() {
            said = inbox.take().await;
        }
        while !said.is_empty() {
            if !self.say(streaming, said).await {
                return None;
            }
            said = inbox.take().await;
        }
        Some(work.await.unwrap_or(Ended::Cancelled))
    }

    /// Appends a batch; `false` if nobody wants to hear more of the call.
    async fn say(&self, streaming: &mut Streaming, said: Vec<Said>) -> bool {
        let (session, stream) = (&streaming.session, streaming.stream);
        let hangs_up = said.iter().any(|said| matches!(said, Said::HangUp));
        let messages: Vec<RawJson> =
            said.into_iter().filter_map(Said::into_message).collect();
        streaming.batches += 1;
        let batch = streaming.batches;
        let append = || self.log.append(session, stream, batch, &messages);
        let appended = persist(append).await;
        self.readers.tell(session, stream);
        if hangs_up {
            let mut readings = self.readers.of(session);
            readings.retain(|reading| reading.stream == stream);
            readings.iter().for_each(|reading| reading.release());
        }
        appended
    }

    async fn end(&self, streaming: &Streaming, answer: Option<RawJson>) {
        let (session, stream) = (&streaming.session, streaming.stream);
        let finish =
            || self.log.finish(session, stream, &self.node, answer.as_ref());
        persist(finish).await;
        self.readers.tell(session, stream);
    }

    /// Asks the reader of a stream to come back, to another node. In memory the
    /// stream of a call could not be found there, so it is held.
    fn dismiss(&self, reading: &Reading) {
        match reading.stream.kind {
            StreamKind::Listener => reading.dismiss(Farewell::ComeBack),
            StreamKind::Call if self.shared => reading.release(),
            StreamKind::Call => {}
        }
    }

    /// Asks everybody who listens to come back later, and those who are yet to
    /// come: this node is going down. Calls go on.
    pub fn dismiss_readers(&self) {
        self.dismissing.store(true, Ordering::SeqCst);
        for reading in self.readers.all() {
            self.dismiss(&reading);
        }
    }
}

/// Tells storage until it has understood: what it did not confirm is said again,
/// and has its effect once. `false` if it refuses.
async fn persist<F>(mut tell: impl FnMut() -> F) -> bool
where
    F: Future<Output = Result<bool, StoreError>>,
{
    loop {
        match tell().await {
            Ok(done) => return done,
            Err(error) if error.is_outage() => {
                tracing::debug!(%error, "a stream waits for storage");
                sleep(PAUSE).await;
            }
            Err(error) => {
                tracing::warn!(%error, "a stream was lost");
                return false;
            }
        }
    }
}
