//! The streams that this node serves: opened, resumed, closed.
//! spec: basic/transports (listening, resumability and redelivery)

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::attempts::Attempts;
use super::lease::NodeLease;
use super::upkeep::ticks;
use super::{EngineSettings, Storage};
use crate::error::Error;
use crate::events::{
    CloseReason, EventId, EventLog, GetStreamLease, OpenStreams, Resumption,
    Runner, StreamCursor, StreamHandle, StreamKind,
};
use crate::service::Session;
use crate::service::node_context::NodeContext;

const OVER: Error = Error::CannotResume("its stream has ended");
const REPLACED: Error = Error::CannotResume("a newer stream took its place");

/// Serves streams from the event log.
pub struct Streams {
    pub(super) node: Arc<NodeContext>,
    pub(super) log: Arc<dyn EventLog>,
    /// The streams that this node reads.
    pub(super) open: Arc<OpenStreams>,
    /// The calls that this node runs as streams.
    pub(super) attempts: Arc<Attempts>,
    pub(super) lease: NodeLease,
    /// Streams are closed as soon as they are opened, because the node drains.
    closing: AtomicBool,
    /// A client is disconnected after this time without a read.
    stall: Duration,
}

impl Streams {
    /// Serves the streams in `storage`; those that this node reads are in `open`.
    pub(super) fn new(
        storage: &Storage,
        node: Arc<NodeContext>,
        open: Arc<OpenStreams>,
        settings: EngineSettings,
    ) -> Self {
        Self {
            node,
            log: storage.log.clone(),
            attempts: Arc::default(),
            lease: NodeLease::new(storage, open.clone(), settings.lease),
            open,
            closing: AtomicBool::new(false),
            stall: settings.stall,
        }
    }

    /// Opens the session's stream for messages that belong to no call.
    ///
    /// # Errors
    /// [`Error::SessionNotFound`], [`Error::Store`].
    pub async fn open_get_stream(
        &self,
        session: &Session,
        hang_up: CancellationToken,
    ) -> Result<StreamCursor, Error> {
        let held = self.log.open_get_stream(&session.init().id).await?;
        let GetStreamLease { opening, number } =
            held.ok_or(Error::SessionNotFound)?;
        let cursor = self.read(session, opening, None, Some(number), hang_up);
        Ok(prime(cursor, session, opening))
    }

    /// Resumes a stream strictly after an event that the client has received,
    /// whichever node has sent it.
    ///
    /// # Errors
    /// [`Error::CannotResume`] gives the reason (D007, A13).
    pub async fn resume(
        &self,
        session: &Session,
        last_event_id: &str,
        hang_up: CancellationToken,
    ) -> Result<StreamCursor, Error> {
        let id = &session.init().id;
        let unknown = Error::CannotResume("it is unknown or too old");
        let Some(seen) = EventId::parse(last_event_id) else {
            return Err(unknown);
        };
        let resumed = self.log.resume_stream(id, seen).await?;
        let (runner, lease) = match resumed.ok_or(Error::SessionNotFound)? {
            Resumption::Call(runner) => (runner, None),
            Resumption::GetStream(lease) => (None, Some(lease)),
            Resumption::Unknown => return Err(unknown),
            Resumption::Over => return Err(OVER),
            Resumption::Replaced => return Err(REPLACED),
        };
        let runner = runner.filter(|runner| self.lease.is_foreign(runner));
        if let Some(runner) = &runner {
            self.lease.fail_if_orphaned(id, seen.stream, runner).await;
        }
        self.node.metrics.streams_resumed.inc();
        let cursor = self.read(session, seen, runner, lease, hang_up);
        Ok(cursor.counting(self.node.metrics.events_replayed.clone()))
    }

    /// Reads a stream after the event `seen`.
    pub(super) fn read(
        &self,
        session: &Session,
        seen: EventId,
        runner: Option<Runner>,
        lease: Option<u64>,
        hang_up: CancellationToken,
    ) -> StreamCursor {
        let init = session.init();
        let resumable = init.era.has_priming();
        let handle =
            StreamHandle::new(init.id, seen.stream, runner, resumable, hang_up);
        let cursor = StreamCursor::new(
            self.log.clone(),
            self.open.clone(),
            handle.clone(),
            lease,
            seen.entry,
            self.node.background.clone(),
        );
        // Checked after the stream is among the open ones, because the drain could
        // miss it before.
        if self.closing.load(Ordering::SeqCst) {
            self.send_away(&handle);
        }
        cursor
    }

    /// Asks the client of a stream to reconnect, to another node. No other node has
    /// the calls' streams of the memory store, so these stay.
    fn send_away(&self, handle: &StreamHandle) {
        match handle.stream.kind {
            StreamKind::Get => handle.close(CloseReason::Reconnect),
            StreamKind::Call if self.node.readiness.has_shared_storage() => {
                handle.ask_to_reconnect();
            }
            StreamKind::Call => {}
        }
    }

    /// Closes all streams, also those that are opened later. Calls continue.
    pub(super) fn send_all_away(&self) {
        self.closing.store(true, Ordering::SeqCst);
        for handle in self.open.all() {
            self.send_away(&handle);
        }
    }

    /// Closes streams whose client does not keep up, until it is dropped.
    pub(super) async fn cut_off_stalled(&self) {
        let mut ticks = ticks(self.stall / 4);
        loop {
            ticks.tick().await;
            for handle in self.open.all() {
                handle.hang_up_if_stalled(self.stall);
            }
        }
    }
}

/// Sends the opening of a stream first, to a client whose version has it (L043).
pub(super) fn prime(
    cursor: StreamCursor,
    session: &Session,
    opening: EventId,
) -> StreamCursor {
    if session.init().era.has_priming() {
        cursor.from_opening(opening.entry)
    } else {
        cursor
    }
}
