//! The streams that are read on this node.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::id::{StreamId, StreamKind};
use super::log::Runner;
use crate::lock::lock;
use crate::sessions::SessionId;

/// How many displaced GET streams of one session a node keeps open: enough for the
/// windows of a client that opens one each. Beyond that the oldest is closed.
pub const MAX_DISPLACED: usize = 8;

/// Why a stream is not read on, although it is not at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// A newer GET stream has taken its place. The connection stays open and silent
    /// until its client leaves: two clients that come back whenever they are closed
    /// would displace each other forever.
    Displaced,
    /// The client is asked to come back, perhaps to another node.
    Reconnect,
    /// The session is over, or the stream is read elsewhere.
    Over,
}

/// One stream that is read on this node.
#[derive(Debug)]
pub struct StreamHandle {
    /// Of which session.
    pub session: SessionId,
    /// Which stream.
    pub stream: StreamId,
    /// Who runs the call of the stream, if that is another node.
    pub runner: Option<Runner>,
    /// The client can resume the stream of a call: it has been sent an id.
    resumable: bool,
    /// Closes the connection on which it is sent.
    pub hang_up: CancellationToken,
    told: Notify,
    /// It may be read elsewhere by now.
    doubted: AtomicBool,
    /// Since when the client could take something, and has not.
    offered: Mutex<Option<Instant>>,
    farewell: Mutex<Option<CloseReason>>,
}

impl StreamHandle {
    /// A stream that is about to be read.
    pub fn new(
        session: SessionId,
        stream: StreamId,
        runner: Option<Runner>,
        resumable: bool,
        hang_up: CancellationToken,
    ) -> Arc<Self> {
        Arc::new(Self {
            session,
            stream,
            runner,
            resumable,
            hang_up,
            told: Notify::new(),
            doubted: AtomicBool::new(false),
            offered: Mutex::default(),
            farewell: Mutex::default(),
        })
    }

    /// There may be more to read.
    pub fn wake(&self) {
        self.told.notify_one();
    }

    /// Closes the connection if its client has taken nothing for so long, although
    /// there was something to take. What it has not read is still in the log.
    pub fn hang_up_if_stalled(&self, time: Duration) {
        let since = *lock(&self.offered);
        let stalled = since.is_some_and(|since| since.elapsed() >= time);
        if stalled && !self.hang_up.is_cancelled() {
            tracing::info!(session = %self.session, stream = %self.stream,
                "a reader does not keep up and is cut off");
            self.hang_up.cancel();
        }
    }

    /// It may be read elsewhere by now. That is only a hint, and may be an old one
    /// that was overtaken: the log knows.
    pub fn recheck_owner(&self) {
        self.doubted.store(true, Ordering::Relaxed);
        self.told.notify_one();
    }

    /// Whether it was doubted since this was asked last.
    pub(super) fn must_recheck_owner(&self) -> bool {
        self.doubted.swap(false, Ordering::Relaxed)
    }

    /// Not to be read on. A displaced stream has nothing to come back to.
    pub fn close(&self, farewell: CloseReason) {
        let mut current = lock(&self.farewell);
        match *current {
            None => *current = Some(farewell),
            Some(CloseReason::Displaced) if farewell != CloseReason::Displaced => {
                *current = Some(CloseReason::Over);
            }
            Some(_) => {}
        }
        drop(current);
        self.told.notify_one();
    }

    /// Not to be read on, if the client can resume the stream.
    pub fn ask_to_reconnect(&self) {
        if self.resumable {
            self.close(CloseReason::Reconnect);
        }
    }

    /// Whether the client knows ids of streams and `retry` without data: older
    /// versions have neither.
    pub(super) fn is_resumable(&self) -> bool {
        self.resumable
    }

    /// Why it is not to be read on.
    pub fn close_reason(&self) -> Option<CloseReason> {
        *lock(&self.farewell)
    }

    /// Something is offered to the client, or it has taken everything.
    pub(super) fn offer(&self, is_waiting: bool) {
        *lock(&self.offered) = is_waiting.then(Instant::now);
    }

    /// Resolves when there may be more to read.
    pub(super) async fn told(&self) {
        self.told.notified().await;
    }
}

/// All streams that are read on this node. Sessions without any are not listed.
#[derive(Debug, Default)]
pub struct OpenStreams(Mutex<HashMap<SessionId, Vec<Arc<StreamHandle>>>>);

impl OpenStreams {
    /// Begins to read a stream. A message goes to one reader only, so an older
    /// one of the same stream ends, and an older GET stream is displaced (A12).
    pub fn add(&self, reading: Arc<StreamHandle>) {
        let mut all = lock(&self.0);
        let readings = all.entry(reading.session).or_default();
        for old in readings.iter() {
            let old_id = old.stream;
            let new_id = reading.stream;
            if old_id == new_id {
                old.close(CloseReason::Over);
            } else if new_id.kind == StreamKind::Listener && new_id.replaces(old_id)
            {
                old.close(CloseReason::Displaced);
            }
        }
        readings.push(reading);
        bound_displaced(readings);
    }

    /// A newer GET stream has taken the place of this one, on whichever node.
    pub(super) fn displace(&self, reading: &StreamHandle) {
        let mut all = lock(&self.0);
        reading.close(CloseReason::Displaced);
        if let Some(readings) = all.get_mut(&reading.session) {
            bound_displaced(readings);
        }
    }

    /// The reader has left.
    pub fn remove(&self, reading: &Arc<StreamHandle>) {
        let mut all = lock(&self.0);
        let Some(readings) = all.get_mut(&reading.session) else { return };
        readings.retain(|other| !Arc::ptr_eq(other, reading));
        if readings.is_empty() {
            all.remove(&reading.session);
        }
    }

    /// A stream may be read elsewhere by now.
    pub fn recheck_owner(&self, session: &SessionId, stream: StreamId) {
        self.each(session, |it| it == stream, StreamHandle::recheck_owner);
    }

    /// A call lets go of its client's connection.
    pub fn ask_to_reconnect(&self, session: &SessionId, stream: StreamId) {
        self.each(session, |it| it == stream, StreamHandle::ask_to_reconnect);
    }

    /// All streams.
    pub fn all(&self) -> Vec<Arc<StreamHandle>> {
        lock(&self.0).values().flatten().cloned().collect()
    }

    /// Returns the sessions of all streams.
    pub fn sessions(&self) -> HashSet<SessionId> {
        lock(&self.0).keys().copied().collect()
    }

    /// Tells whether a stream of this session is read here. That is activity.
    pub fn reads(&self, session: &SessionId) -> bool {
        lock(&self.0).contains_key(session)
    }

    /// There is more on a stream.
    pub fn wake(&self, session: &SessionId, stream: StreamId) {
        self.each(session, |it| it == stream, StreamHandle::wake);
    }

    /// There is more on the GET stream of a session.
    pub fn wake_get_stream(&self, session: &SessionId) {
        let is_get_stream = |it: StreamId| it.kind == StreamKind::Listener;
        self.each(session, is_get_stream, StreamHandle::wake);
    }

    /// There may be more on all streams of a session.
    pub fn wake_all(&self, session: &SessionId) {
        self.each(session, |_| true, StreamHandle::wake);
    }

    /// The session is over, and with it all its streams.
    pub fn close(&self, session: &SessionId) {
        self.each(session, |_| true, |it| it.close(CloseReason::Over));
    }

    fn each(
        &self,
        session: &SessionId,
        is_meant: impl Fn(StreamId) -> bool,
        visit: impl Fn(&StreamHandle),
    ) {
        let all = lock(&self.0);
        let readings = all.get(session).into_iter().flatten();
        readings.filter(|it| is_meant(it.stream)).for_each(|it| visit(it));
    }
}

/// Closes the oldest displaced streams of one session beyond the bound.
fn bound_displaced(readings: &[Arc<StreamHandle>]) {
    let is_displaced = |reading: &&Arc<StreamHandle>| {
        reading.close_reason() == Some(CloseReason::Displaced)
    };
    let displaced: Vec<_> = readings.iter().filter(is_displaced).collect();
    let beyond = displaced.len().saturating_sub(MAX_DISPLACED);
    displaced.iter().take(beyond).for_each(|old| old.close(CloseReason::Over));
}
