//! One stream that this node reads, as the rest of the node sees it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::id::StreamId;
use super::log::Runner;
use crate::lock::lock;
use crate::sessions::SessionId;

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
            tracing::info!(session = %self.session.hint(), stream = %self.stream,
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
