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

/// The number of displaced GET streams of one session that a node keeps open:
/// enough for a client that opens one for each of its windows. If there are more,
/// the oldest is closed.
pub const MAX_DISPLACED: usize = 8;

/// The reason why this node stops reading a stream before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// A newer GET stream has replaced this one. The connection stays open without
    /// messages until its client leaves, because two clients that reconnect
    /// whenever they are closed would displace each other forever.
    Displaced,
    /// The client must reconnect, perhaps to another node.
    Reconnect,
    /// The session has ended, or the stream is read elsewhere.
    Over,
}

/// One stream that is read on this node.
#[derive(Debug)]
pub struct StreamHandle {
    /// The session of the stream.
    pub session: SessionId,
    /// The id of the stream.
    pub stream: StreamId,
    /// The runner of the stream's call, if that is another node.
    pub runner: Option<Runner>,
    /// The client can resume the stream of a call, because it has received an id.
    resumable: bool,
    /// Closes the connection of the stream.
    pub hang_up: CancellationToken,
    wake_up: Notify,
    /// The stream may be read elsewhere by now.
    must_recheck_owner: AtomicBool,
    /// The time since which the client could take a frame, but has not.
    offered: Mutex<Option<Instant>>,
    close_reason: Mutex<Option<CloseReason>>,
}

impl StreamHandle {
    /// Makes the handle of a stream that is about to be read.
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
            wake_up: Notify::new(),
            must_recheck_owner: AtomicBool::new(false),
            offered: Mutex::default(),
            close_reason: Mutex::default(),
        })
    }

    /// Wakes the reader, because there may be more to read.
    pub fn wake(&self) {
        self.wake_up.notify_one();
    }

    /// Closes the connection if a frame has waited for the client for this time.
    /// The events that the client has not read stay in the log.
    pub fn hang_up_if_stalled(&self, time: Duration) {
        let since = *lock(&self.offered);
        let stalled = since.is_some_and(|since| since.elapsed() >= time);
        if stalled && !self.hang_up.is_cancelled() {
            tracing::info!(session = %self.session, stream = %self.stream,
                "a reader does not keep up and is cut off");
            self.hang_up.cancel();
        }
    }

    /// Makes the reader check in the log whether the stream is read elsewhere by
    /// now. The cause is only a hint, which may be outdated.
    pub fn recheck_owner(&self) {
        self.must_recheck_owner.store(true, Ordering::Relaxed);
        self.wake_up.notify_one();
    }

    /// Returns whether a check was requested since the last call.
    pub(super) fn must_recheck_owner(&self) -> bool {
        self.must_recheck_owner.swap(false, Ordering::Relaxed)
    }

    /// Stops the reader. A displaced stream is over, because there is nothing to
    /// which its client could reconnect.
    pub fn close(&self, reason: CloseReason) {
        let mut current = lock(&self.close_reason);
        match *current {
            None => *current = Some(reason),
            Some(CloseReason::Displaced) if reason != CloseReason::Displaced => {
                *current = Some(CloseReason::Over);
            }
            Some(_) => {}
        }
        drop(current);
        self.wake_up.notify_one();
    }

    /// Asks the client to reconnect, if it can resume the stream.
    pub fn ask_to_reconnect(&self) {
        if self.resumable {
            self.close(CloseReason::Reconnect);
        }
    }

    /// Returns whether the client knows ids of streams, and `retry` without data.
    /// Older versions have neither.
    pub(super) fn is_resumable(&self) -> bool {
        self.resumable
    }

    /// Returns the reason why the reader must stop; `None` if it may continue.
    pub fn close_reason(&self) -> Option<CloseReason> {
        *lock(&self.close_reason)
    }

    /// Records that a frame waits for the client, or that the client has taken it.
    pub(super) fn offer(&self, is_waiting: bool) {
        *lock(&self.offered) = is_waiting.then(Instant::now);
    }

    /// Waits until there may be more to read.
    pub(super) async fn woken(&self) {
        self.wake_up.notified().await;
    }
}

/// All streams that this node reads. Sessions without streams have no entry.
#[derive(Debug, Default)]
pub struct OpenStreams(Mutex<HashMap<SessionId, Vec<Arc<StreamHandle>>>>);

impl OpenStreams {
    /// Adds a stream. Only one reader sends a message, so an older reader of the
    /// same stream ends, and an older GET stream is displaced (A12).
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

    /// Closes a GET stream that a newer one has displaced, on this or another node.
    pub(super) fn displace(&self, reading: &StreamHandle) {
        let mut all = lock(&self.0);
        reading.close(CloseReason::Displaced);
        if let Some(readings) = all.get_mut(&reading.session) {
            bound_displaced(readings);
        }
    }

    /// Removes a stream whose reader has left.
    pub fn remove(&self, reading: &Arc<StreamHandle>) {
        let mut all = lock(&self.0);
        let Some(readings) = all.get_mut(&reading.session) else { return };
        readings.retain(|other| !Arc::ptr_eq(other, reading));
        if readings.is_empty() {
            all.remove(&reading.session);
        }
    }

    /// Makes the reader check whether the stream is read elsewhere by now.
    pub fn recheck_owner(&self, session: &SessionId, stream: StreamId) {
        self.each(session, |it| it == stream, StreamHandle::recheck_owner);
    }

    /// Asks the client of a stream to reconnect, if it can resume the stream.
    pub fn ask_to_reconnect(&self, session: &SessionId, stream: StreamId) {
        self.each(session, |it| it == stream, StreamHandle::ask_to_reconnect);
    }

    /// Returns all streams.
    pub fn all(&self) -> Vec<Arc<StreamHandle>> {
        lock(&self.0).values().flatten().cloned().collect()
    }

    /// Returns the sessions of all streams.
    pub fn sessions(&self) -> HashSet<SessionId> {
        lock(&self.0).keys().copied().collect()
    }

    /// Returns whether this node reads a stream of the session, which is activity.
    pub fn reads(&self, session: &SessionId) -> bool {
        lock(&self.0).contains_key(session)
    }

    /// Wakes the reader of a stream.
    pub fn wake(&self, session: &SessionId, stream: StreamId) {
        self.each(session, |it| it == stream, StreamHandle::wake);
    }

    /// Wakes the reader of a session's GET stream.
    pub fn wake_get_stream(&self, session: &SessionId) {
        let is_get_stream = |it: StreamId| it.kind == StreamKind::Listener;
        self.each(session, is_get_stream, StreamHandle::wake);
    }

    /// Wakes the readers of all streams of a session.
    pub fn wake_all(&self, session: &SessionId) {
        self.each(session, |_| true, StreamHandle::wake);
    }

    /// Closes all streams of a session that has ended.
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
