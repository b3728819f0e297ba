//! The streams that are read on this node.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    id::{StreamId, StreamKind},
    log::Runner,
};
use crate::sessions::SessionId;

/// Why a stream is not read on, although it is not at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Farewell {
    /// The client is asked to come back, perhaps to another node.
    ComeBack,
    /// The session is over, or the stream is read elsewhere.
    Over,
}

/// One stream that is read on this node.
#[derive(Debug)]
pub struct Reading {
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
    /// Since when the client could take something, and has not.
    waits_since: Mutex<Option<Instant>>,
    farewell: Mutex<Option<Farewell>>,
}

impl Reading {
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
            waits_since: Mutex::default(),
            farewell: Mutex::default(),
        })
    }

    /// There may be more to read.
    pub fn tell(&self) {
        lock(&self.waits_since).get_or_insert_with(Instant::now);
        self.told.notify_one();
    }

    /// Closes the connection if its client has taken nothing for so long, although
    /// there was something to take. What it has not read is still in the log.
    pub fn hang_up_if_stalled(&self, time: Duration) {
        let since = *lock(&self.waits_since);
        if since.is_some_and(|since| since.elapsed() >= time) {
            tracing::info!(session = %self.session, stream = %self.stream,
                "a reader does not keep up and is cut off");
            self.hang_up.cancel();
        }
    }

    /// Not to be read on.
    pub fn dismiss(&self, farewell: Farewell) {
        lock(&self.farewell).get_or_insert(farewell);
        self.told.notify_one();
    }

    /// Not to be read on, if the client can resume the stream.
    pub fn release(&self) {
        if self.resumable {
            self.dismiss(Farewell::ComeBack);
        }
    }

    /// Why it is not to be read on.
    pub fn farewell(&self) -> Option<Farewell> {
        *lock(&self.farewell)
    }

    /// The client takes something.
    pub(super) fn moves(&self) {
        *lock(&self.waits_since) = None;
    }

    /// Resolves when there may be more to read.
    pub(super) async fn told(&self) {
        self.told.notified().await;
    }
}

/// All streams that are read on this node. Sessions without any are not listed.
#[derive(Debug, Default)]
pub struct Readers(Mutex<HashMap<SessionId, Vec<Arc<Reading>>>>);

impl Readers {
    /// Begins to read a stream. A message goes to one reader only, so an older
    /// one of the same stream ends; an older GET stream is asked to come back
    /// later (A12).
    pub fn add(&self, reading: Arc<Reading>) {
        let mut all = lock(&self.0);
        let readings = all.entry(reading.session).or_default();
        readings.retain(|old| {
            let same = old.stream == reading.stream;
            let kinds = (old.stream.kind, reading.stream.kind);
            let replaced = kinds == (StreamKind::Listener, StreamKind::Listener);
            if same {
                old.dismiss(Farewell::Over);
            } else if replaced {
                old.dismiss(Farewell::ComeBack);
            }
            !same && !replaced
        });
        readings.push(reading);
    }

    /// The reader has left; `false` if another one had taken its place before.
    pub fn remove(&self, reading: &Arc<Reading>) -> bool {
        let mut all = lock(&self.0);
        let Some(readings) = all.get_mut(&reading.session) else { return false };
        let before = readings.len();
        readings.retain(|other| !Arc::ptr_eq(other, reading));
        let found = readings.len() < before;
        if readings.is_empty() {
            all.remove(&reading.session);
        }
        found
    }

    /// All streams of one session.
    pub fn of(&self, session: &SessionId) -> Vec<Arc<Reading>> {
        lock(&self.0).get(session).cloned().unwrap_or_default()
    }

    /// All streams.
    pub fn all(&self) -> Vec<Arc<Reading>> {
        lock(&self.0).values().flatten().cloned().collect()
    }

    /// There is more on a stream.
    pub fn tell(&self, session: &SessionId, stream: StreamId) {
        self.tell_all(session, |reading| reading.stream == stream);
    }

    /// There is more on the GET stream of a session.
    pub fn tell_listener(&self, session: &SessionId) {
        let listens =
            |reading: &Reading| reading.stream.kind == StreamKind::Listener;
        self.tell_all(session, listens);
    }

    /// The session is over, and with it all its streams.
    pub fn close(&self, session: &SessionId) {
        for reading in self.of(session) {
            reading.dismiss(Farewell::Over);
        }
    }

    fn tell_all(&self, session: &SessionId, which: impl Fn(&Reading) -> bool) {
        let all = lock(&self.0);
        let readings = all.get(session).into_iter().flatten();
        readings
            .filter(|reading| which(reading))
            .for_each(|reading| reading.tell());
    }
}

/// A panic while a lock was held leaves nothing half-done here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
