//! The audit trail of a session: a summary of every request and response, kept
//! apart from the event log, because it serves another purpose and is bounded in
//! another way.
//!
//! It is written beside the calls, in batches, so that none of them waits for it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::join_all;
use serde::Serialize;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::log::EventLog;
use crate::{
    lock::lock,
    protocol::{RawJson, jsonrpc::RequestId, to_raw},
    sessions::{SessionId, Timestamp, store::Result},
};

/// How many entries may wait to be written; more are lost, and that is logged.
const QUEUE: usize = 4096;

/// How many entries are written at once.
const BATCH: usize = 256;

/// How many bytes of parameters and results are shown.
const SUMMARY: usize = 200;

/// How long a reader of the trail waits for what is still being written.
const PATIENCE: Duration = Duration::from_millis(500);

/// Writes the audit trails of all sessions.
pub struct Audit {
    log: Arc<dyn EventLog>,
    /// Entries kept of each session; 0 keeps none.
    keep: usize,
    queue: mpsc::Sender<Order>,
    orders: Mutex<Option<mpsc::Receiver<Order>>>,
}

enum Order {
    Write(SessionId, RawJson),
    /// Everything before this was written.
    Report(oneshot::Sender<()>),
}

/// One entry of the trail.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum Entry<'a> {
    Request {
        timestamp: String,
        id: &'a RequestId,
        method: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        params: Option<&'a str>,
    },
    Response {
        timestamp: String,
        id: &'a RequestId,
        method: &'a str,
        outcome: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        result: Option<&'a str>,
    },
}

impl Audit {
    /// Keeps `keep` entries of each session in `log`.
    pub fn new(log: Arc<dyn EventLog>, keep: usize) -> Self {
        let (queue, orders) = mpsc::channel(QUEUE);
        Self { log, keep, queue, orders: Mutex::new(Some(orders)) }
    }

    /// Whether there is a trail at all.
    pub fn is_on(&self) -> bool {
        self.keep > 0
    }

    /// A request has come.
    pub fn request(
        &self,
        session: &SessionId,
        now: Timestamp,
        id: &RequestId,
        method: &str,
        params: Option<&RawJson>,
    ) {
        let (timestamp, method) = (now.to_string(), shorten(method));
        let params = params.map(|params| shorten(params.get()));
        self.write(session, &Entry::Request { timestamp, id, method, params });
    }

    /// A request was answered, or not: `outcome` says how it ended.
    pub fn response(
        &self,
        session: &SessionId,
        now: Timestamp,
        id: &RequestId,
        method: &str,
        outcome: &str,
        result: Option<&RawJson>,
    ) {
        let (timestamp, method) = (now.to_string(), shorten(method));
        let result = result.map(|result| shorten(result.get()));
        let entry = Entry::Response { timestamp, id, method, outcome, result };
        self.write(session, &entry);
    }

    fn write(&self, session: &SessionId, entry: &Entry<'_>) {
        let order = Order::Write(*session, to_raw(entry));
        if self.queue.try_send(order).is_err() {
            tracing::warn!(%session, "the audit trail misses an entry");
        }
    }

    /// The trail of a session, with what this node has not written yet; `None` if
    /// there are no trails.
    ///
    /// # Errors
    /// [`StoreError`](crate::sessions::StoreError)
    pub async fn trail(&self, session: &SessionId) -> Result<Option<Vec<RawJson>>> {
        if !self.is_on() {
            return Ok(None);
        }
        let (report, reported) = oneshot::channel();
        if self.queue.try_send(Order::Report(report)).is_ok() {
            let _ = timeout(PATIENCE, reported).await;
        }
        self.log.audited(session).await.map(Some)
    }

    /// Writes until it is dropped.
    pub async fn run(&self) {
        let orders = lock(&self.orders).take();
        let Some(mut orders) = orders else { return };
        let mut batch = Vec::new();
        while orders.recv_many(&mut batch, BATCH).await > 0 {
            let mut trails: HashMap<SessionId, Vec<RawJson>> = HashMap::new();
            let mut reports = Vec::new();
            for order in batch.drain(..) {
                match order {
                    Order::Write(session, entry) => {
                        trails.entry(session).or_default().push(entry);
                    }
                    Order::Report(report) => reports.push(report),
                }
            }
            let writes = trails.iter().map(async |(session, entries)| {
                let written = self.log.audit(session, entries, self.keep).await;
                if let Err(error) = written {
                    tracing::warn!(%error, %session, "the audit trail has a gap");
                }
            });
            join_all(writes).await;
            for report in reports {
                // Whoever asked may have given up.
                let _ = report.send(());
            }
        }
    }
}

/// The beginning of a text, whole characters only.
fn shorten(text: &str) -> &str {
    let mut end = text.len().min(SUMMARY);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
