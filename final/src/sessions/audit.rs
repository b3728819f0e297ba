//! The audit trail of a session: a summary of every request and of its response.
//!
//! A background task writes many entries together, a moment after their calls, so
//! that no call waits for its entry.

mod entry;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{sleep, timeout};

pub use self::entry::{AuditEntry, AuditRequest};
use super::clock::Timestamp;
use super::id::SessionId;
use super::store::{Result, SessionStore};
use crate::lock::lock;
use crate::protocol::RawJson;
use crate::protocol::jsonrpc::Request;

/// The number of calls that may wait to be written; more are lost, which is logged.
const QUEUE: usize = 8192;

/// The largest number of calls that are written together.
const BATCH: usize = 1024;

/// The time for which calls are collected, unless a reader waits.
const GATHER: Duration = Duration::from_millis(20);

/// The time that a reader of the trail waits for calls that are still being
/// written.
const PATIENCE: Duration = Duration::from_millis(500);

/// The writer of the audit trails of all sessions.
pub struct Audit {
    store: Arc<dyn SessionStore>,
    /// The number of entries that are kept of each session; 0 turns trails off.
    keep: usize,
    queue: mpsc::Sender<Order>,
    orders: Mutex<Option<mpsc::Receiver<Order>>>,
    /// Is notified when a reader waits.
    hurry: Notify,
}

enum Order {
    Write(SessionId, AuditEntry),
    /// Reports that all calls before this order are written.
    Report(oneshot::Sender<()>),
}

impl Audit {
    /// Makes a writer that keeps `keep` entries of each session in `store`.
    pub fn new(store: Arc<dyn SessionStore>, keep: usize) -> Self {
        let (queue, orders) = mpsc::channel(QUEUE);
        let orders = Mutex::new(Some(orders));
        Self { store, keep, queue, orders, hurry: Notify::new() }
    }

    /// Returns whether trails are kept.
    pub fn is_on(&self) -> bool {
        self.keep > 0
    }

    /// Begins the entry of a request that was received at `now`; `None` if no trail
    /// is kept.
    pub fn begin(&self, now: Timestamp, request: &Request) -> Option<AuditRequest> {
        self.is_on().then(|| AuditRequest::new(now, request))
    }

    /// Adds a request and its outcome to the trail of the session or tape that the
    /// request used.
    pub fn add(
        &self,
        session: SessionId,
        request: AuditRequest,
        now: Timestamp,
        outcome: &'static str,
        result: Option<&RawJson>,
    ) {
        let order = Order::Write(session, request.end(now, outcome, result));
        if self.queue.try_send(order).is_err() {
            tracing::warn!(session = %session.hint(), "the audit trail misses a call");
        }
    }

    /// Returns the trail of a session, with the calls that this node has not
    /// written yet; `None` if no trail is kept.
    ///
    /// # Errors
    /// [`StoreError`](super::StoreError)
    pub async fn read(&self, session: &SessionId) -> Result<Option<Vec<RawJson>>> {
        if !self.is_on() {
            return Ok(None);
        }
        let (report, reported) = oneshot::channel();
        if self.queue.try_send(Order::Report(report)).is_ok() {
            self.hurry.notify_one();
            let _ = timeout(PATIENCE, reported).await;
        }
        let mut trail = self.store.read_audit(session).await?;
        trail.drain(..trail.len().saturating_sub(self.keep));
        Ok(Some(trail))
    }

    /// Writes the trails until the future is dropped.
    pub async fn run(&self) {
        let orders = lock(&self.orders).take();
        let Some(mut orders) = orders else { return };
        let mut batch = Vec::new();
        loop {
            let received = orders.recv_many(&mut batch, BATCH).await;
            if received == 0 {
                return;
            }
            self.write(batch.drain(..)).await;
            // This pause saves a wake-up for every call. A full batch is written
            // without a pause, so that the queue of a busy node does not grow.
            if received < BATCH {
                tokio::select! {
                    () = sleep(GATHER) => {}
                    () = self.hurry.notified() => {}
                }
            }
        }
    }

    async fn write(&self, orders: impl Iterator<Item = Order>) {
        let mut trails: HashMap<SessionId, Vec<AuditEntry>> = HashMap::new();
        let mut reports = Vec::new();
        for order in orders {
            match order {
                Order::Write(session, call) => {
                    trails.entry(session).or_default().push(call);
                }
                Order::Report(report) => reports.push(report),
            }
        }
        // The trail may keep only the response of the oldest call.
        let keep = self.keep.div_ceil(AuditEntry::PARTS);
        let writes = trails.into_iter().map(async |(session, calls)| {
            let written = self.store.append_audit(&session, calls, keep).await;
            if let Err(error) = written {
                let session = session.hint();
                tracing::warn!(%error, %session, "the audit trail has a gap");
            }
        });
        join_all(writes).await;
        for report in reports {
            // The reader may have given up.
            let _ = report.send(());
        }
    }
}
