//! Reads a stream from the log, as fast as its client does.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use prometheus::IntCounter;
use tokio::time::sleep;
use tokio_util::task::TaskTracker;

use super::{
    id::{EntryId, EventId, StreamKind},
    log::{Event, EventKind, EventLog},
    readers::{Farewell, Readers, Reading},
};
use crate::{protocol::RawJson, sessions::Live};

/// Pause before a log that did not answer is asked again.
const PAUSE: Duration = Duration::from_millis(500);

/// What is to be sent.
#[derive(Debug, Clone)]
pub enum Frame {
    /// The stream begins here.
    Opening(EventId),
    /// A message.
    Message(EventId, RawJson),
    /// The stream is not over, but its connection is: the client is asked to come
    /// back.
    ComeBack,
}

/// A reader of one stream. Nothing is kept for it but its place in the log, so a
/// client that reads slowly costs little and delays nobody. Dropping it leaves
/// the stream to others.
pub struct Reader {
    log: Arc<dyn EventLog>,
    readers: Arc<Readers>,
    reading: Arc<Reading>,
    /// Where to look next.
    after: EntryId,
    /// The last entry of the stream that was read.
    seen: EntryId,
    page: VecDeque<Event>,
    ended: bool,
    /// Counts what is sent until the reader has caught up.
    replayed: Option<IntCounter>,
    background: TaskTracker,
    /// A stream that is read is activity of its session.
    _live: Live,
}

impl Reader {
    /// Reads a stream on after the entry `seen`.
    pub fn new(
        log: Arc<dyn EventLog>,
        readers: Arc<Readers>,
        reading: Arc<Reading>,
        seen: EntryId,
        live: Live,
        background: TaskTracker,
    ) -> Self {
        readers.add(reading.clone());
        Self {
            log,
            readers,
            reading,
            after: seen,
            seen,
            page: VecDeque::new(),
            ended: false,
            replayed: None,
            background,
            _live: live,
        }
    }

    /// The same stream with its opening sent first.
    pub fn from_opening(mut self, opening: EntryId) -> Self {
        let previous = self.seen;
        let kind = EventKind::Opening;
        self.page.push_back(Event { id: opening, previous, kind, message: None });
        self
    }

    /// The same stream, counting what is sent until it has caught up.
    pub fn counting(mut self, replayed: IntCounter) -> Self {
        self.replayed = Some(replayed);
        self
    }

    /// What is to be sent next; `None` ends the connection. May be dropped and
    /// called again.
    pub async fn next(&mut self) -> Option<Frame> {
        self.reading.moves();
        loop {
            if let Some(event) = self.page.pop_front() {
                if let Some(frame) = self.take(event) {
                    return Some(frame);
                }
            } else if self.ended || !self.read_on().await {
                return self.last_frame();
            }
        }
    }

    /// What an entry means to the client. One whose predecessor was not seen comes
    /// after a gap, and ends the connection.
    fn take(&mut self, event: Event) -> Option<Frame> {
        if event.previous != self.seen && event.kind != EventKind::Opening {
            self.cut_off();
            return None;
        }
        if let Some(replayed) = &self.replayed {
            replayed.inc();
        }
        self.seen = event.id;
        self.ended = event.kind == EventKind::End;
        let id = EventId { stream: self.reading.stream, entry: event.id };
        match event.kind {
            EventKind::Opening => Some(Frame::Opening(id)),
            _ => event.message.map(|message| Frame::Message(id, message)),
        }
    }

    /// Gets the next page, which may be empty; `false` if there is none to come.
    async fn read_on(&mut self) -> bool {
        let (session, stream) = (&self.reading.session, self.reading.stream);
        match self.log.read(session, stream, self.after).await {
            Ok(Some(page)) => {
                self.after = page.last;
                let looked_at_all = page.events.is_empty() && !page.more;
                self.page = page.events.into();
                if !looked_at_all {
                    return true;
                }
                self.replayed = None;
                if !page.held {
                    self.reading.dismiss(match stream.kind {
                        StreamKind::Listener => Farewell::ComeBack,
                        StreamKind::Call => Farewell::Over,
                    });
                } else if !page.grows {
                    // Its end was evicted before it was read.
                    self.cut_off();
                    return false;
                } else if self.reading.farewell().is_none() {
                    self.reading.told().await;
                    self.reading.moves();
                    return true;
                }
                false
            }
            Ok(None) => false,
            Err(error) if error.is_outage() => {
                sleep(PAUSE).await;
                self.reading.farewell().is_none()
            }
            Err(error) => {
                tracing::warn!(%error, %session, "a stream cannot be read");
                false
            }
        }
    }

    fn cut_off(&mut self) {
        tracing::info!(session = %self.reading.session,
            stream = %self.reading.stream, "a reader has missed events");
        self.page.clear();
        self.ended = true;
    }

    /// Said once at the end of a connection that is not the end of the stream.
    fn last_frame(&mut self) -> Option<Frame> {
        let said = std::mem::replace(&mut self.ended, true);
        let farewell = self.reading.farewell();
        (!said && farewell == Some(Farewell::ComeBack)).then_some(Frame::ComeBack)
    }
}

/// Messages for a GET stream that is not read any more wait for the next one.
impl Drop for Reader {
    fn drop(&mut self) {
        let last = self.readers.remove(&self.reading);
        if last && self.reading.stream.kind == StreamKind::Listener {
            let (log, reading) = (self.log.clone(), self.reading.clone());
            self.background.spawn(async move {
                let closed = log.close_listener(&reading.session, reading.stream);
                if let Err(error) = closed.await {
                    tracing::debug!(%error, "a GET stream was not closed");
                }
            });
        }
    }
}
