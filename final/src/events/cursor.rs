//! Reads a stream from the log, as fast as its client reads it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use prometheus::IntCounter;
use tokio::time::sleep;
use tokio_util::task::TaskTracker;

use super::id::{EntryId, EventId, StreamKind};
use super::log::{EntryKind, Event, EventLog, ReaderLocation};
use super::open_streams::OpenStreams;
use super::stream_handle::{CloseReason, StreamHandle};
use crate::protocol::RawJson;

/// The pause before a log that did not answer is read again.
const PAUSE: Duration = Duration::from_millis(500);

/// A frame for the client.
#[derive(Debug, Clone)]
pub enum Frame {
    /// The start of the stream.
    Opening(EventId),
    /// A message.
    Message(EventId, RawJson),
    /// The end of the connection, but not of the stream: it asks the client to
    /// reconnect. Clients whose version does not know this frame do not get it.
    Reconnect,
}

/// A reader of one stream. It keeps only its position in the log, so a client that
/// reads slowly needs little memory and delays no other client. Dropping the reader
/// releases the stream.
pub struct StreamCursor {
    log: Arc<dyn EventLog>,
    readers: Arc<OpenStreams>,
    reading: Arc<StreamHandle>,
    /// The number of the lease, if this is the session's GET stream.
    lease: Option<u64>,
    /// The entry after which to read next.
    after: EntryId,
    /// The last entry of the stream that was read.
    seen: EntryId,
    page: VecDeque<Event>,
    ended: bool,
    /// Counts the events until the reader has caught up.
    replayed: Option<IntCounter>,
    background: TaskTracker,
}

impl StreamCursor {
    /// Makes a reader that continues a stream after the entry `seen`.
    pub fn new(
        log: Arc<dyn EventLog>,
        readers: Arc<OpenStreams>,
        reading: Arc<StreamHandle>,
        lease: Option<u64>,
        seen: EntryId,
        background: TaskTracker,
    ) -> Self {
        readers.add(reading.clone());
        Self {
            log,
            readers,
            reading,
            lease,
            after: seen,
            seen,
            page: VecDeque::new(),
            ended: false,
            replayed: None,
            background,
        }
    }

    /// Makes the reader send the opening of the stream first.
    pub fn from_opening(mut self, opening: EntryId) -> Self {
        let previous = self.seen;
        let kind = EntryKind::Opening;
        self.page.push_back(Event { id: opening, previous, kind, message: None });
        self
    }

    /// Makes the reader count the events that it sends until it has caught up.
    pub fn counting(mut self, replayed: IntCounter) -> Self {
        self.replayed = Some(replayed);
        self
    }

    /// Returns the next frame; `None` ends the connection. The future may be
    /// dropped, and the method called again. The next call confirms that the client
    /// has taken the frame.
    pub async fn next(&mut self) -> Option<Frame> {
        self.reading.offer(false);
        let frame = self.next_frame().await;
        self.reading.offer(true);
        frame
    }

    async fn next_frame(&mut self) -> Option<Frame> {
        while !self.ended {
            if self.reading.close_reason() == Some(CloseReason::Over) {
                return None;
            }
            if self.reading.must_recheck_owner() {
                // L055: another connection may send the events that are not sent
                // yet.
                self.page.retain(|event| event.kind == EntryKind::Opening);
                self.after = self.seen;
            }
            if let Some(event) = self.page.pop_front() {
                if let Some(frame) = self.take(event) {
                    return Some(frame);
                }
            } else if !self.next_page().await {
                return self.last_frame().await;
            }
        }
        None
    }

    /// Returns the frame of an event. If events before it were not seen, there is a
    /// gap, which ends the connection.
    fn take(&mut self, event: Event) -> Option<Frame> {
        if event.previous != self.seen && event.kind != EntryKind::Opening {
            self.cut_off();
            return None;
        }
        if let Some(replayed) = &self.replayed {
            replayed.inc();
        }
        self.seen = event.id;
        self.ended = event.kind == EntryKind::End;
        let id = EventId { stream: self.reading.stream, entry: event.id };
        match event.kind {
            EntryKind::Opening => Some(Frame::Opening(id)),
            _ => event.message.map(|message| Frame::Message(id, message)),
        }
    }

    /// Reads the next page, which may be empty; returns `false` if the connection
    /// must end.
    async fn next_page(&mut self) -> bool {
        let session = &self.reading.session;
        let stream = self.reading.stream;
        let page = match self.log.read_page(session, stream, self.after).await {
            Ok(Some(page)) => page,
            Ok(None) => return false,
            Err(error) if error.is_outage() => {
                sleep(PAUSE).await;
                return self.reading.close_reason().is_none();
            }
            Err(error) => {
                let session = session.hint();
                tracing::warn!(%error, %session, "a stream cannot be read");
                return false;
            }
        };
        if self.leave_to_others(page.read_at) {
            return false;
        }
        self.after = page.last;
        if page.events.is_empty() && !page.more {
            return self.wait_for_more(page.read_at).await;
        }
        self.page = page.events.into();
        true
    }

    /// Closes the reader if another connection sends the rest of the stream, and
    /// returns whether it does.
    fn leave_to_others(&self, read_at: ReaderLocation) -> bool {
        match (read_at, self.reading.stream.kind) {
            (ReaderLocation::OtherNode, _) => {
                self.reading.close(CloseReason::Over);
            }
            (ReaderLocation::Replaced, _) => self.readers.displace(&self.reading),
            (ReaderLocation::Closed, StreamKind::Get) => {
                self.reading.close(CloseReason::Reconnect);
            }
            _ => return false,
        }
        true
    }

    /// Waits at the end of the log; returns `false` if the connection must end.
    async fn wait_for_more(&mut self, read_at: ReaderLocation) -> bool {
        self.replayed = None;
        if read_at == ReaderLocation::Closed {
            // The end of the stream was evicted before it was read.
            self.cut_off();
        }
        if self.ended || self.reading.close_reason().is_some() {
            return false;
        }
        self.reading.woken().await;
        true
    }

    /// Returns the frame at the end of a connection that is not the end of the
    /// stream. A displaced connection does not end before its client leaves.
    async fn last_frame(&mut self) -> Option<Frame> {
        while self.reading.close_reason() == Some(CloseReason::Displaced) {
            self.reading.woken().await;
        }
        self.ended = true;
        let asked = self.reading.close_reason() == Some(CloseReason::Reconnect);
        (asked && self.reading.is_resumable()).then_some(Frame::Reconnect)
    }

    fn cut_off(&mut self) {
        tracing::info!(session = %self.reading.session.hint(),
            stream = %self.reading.stream, "a reader has missed events");
        self.page.clear();
        self.ended = true;
    }
}

/// Releases the GET stream, so that its messages wait for the next one.
impl Drop for StreamCursor {
    fn drop(&mut self) {
        self.readers.remove(&self.reading);
        let Some(lease) = self.lease else { return };
        let log = self.log.clone();
        let session = self.reading.session;
        self.background.spawn(async move {
            if let Err(error) = log.close_get_stream(&session, lease).await {
                // The next GET stream repeats the messages that are sent on it.
                tracing::debug!(%error, "a GET stream was not closed");
            }
        });
    }
}
