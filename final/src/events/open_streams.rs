//! The streams that are read on this node.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use super::id::{StreamId, StreamKind};
use super::stream_handle::{CloseReason, StreamHandle};
use crate::lock::lock;
use crate::sessions::SessionId;

/// The number of displaced GET streams of one session that a node keeps open:
/// enough for a client that opens one for each of its windows. If there are more,
/// the oldest is closed.
pub const MAX_DISPLACED: usize = 8;

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
            } else if new_id.kind == StreamKind::Get && new_id.replaces(old_id) {
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
        let is_get_stream = |it: StreamId| it.kind == StreamKind::Get;
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
