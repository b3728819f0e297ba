//! The audit trail of a session: a summary of every request and response, kept
//! apart from the event log, because it serves another purpose and is bounded in
//! another way.
//!
//! It is written beside the calls, a moment later and many at once, so that none of
//! them waits for it. A call only copies what is to be shown; its JSON is written
//! where it is stored or, in memory, read: most entries there never are.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use serde::Serialize;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{sleep, timeout};

use super::log::EventLog;
use crate::lock::lock;
use crate::protocol::jsonrpc::{Request, RequestId};
use crate::protocol::method::Method;
use crate::protocol::{RawJson, to_raw};
use crate::sessions::store::Result;
use crate::sessions::{SessionId, Timestamp};

/// How many calls may wait to be written; more are lost, and that is logged.
const QUEUE: usize = 8192;

/// How many calls are written at once.
const BATCH: usize = 1024;

/// For how long calls are gathered. Whoever reads a trail does not wait for it.
const GATHER: Duration = Duration::from_millis(20);

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
    /// Somebody wants to read.
    hurry: Notify,
}

enum Order {
    Write(SessionId, AuditEntry),
    /// Everything before this was written.
    Report(oneshot::Sender<()>),
}

/// One entry of the trail. Times are in milliseconds since 1970.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum Entry<'a> {
    Request {
        timestamp: u64,
        id: &'a RequestId,
        method: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        params: Option<&'a str>,
    },
    Response {
        timestamp: u64,
        id: &'a RequestId,
        method: &'a str,
        outcome: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        result: Option<&'a str>,
    },
}

/// A request that is being served.
#[derive(Debug, Clone)]
pub struct Asked {
    id: RequestId,
    method: Cow<'static, str>,
    at: Timestamp,
    params: Option<Box<str>>,
}

/// A request and what came of it: two entries of the trail.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    asked: Asked,
    at: Timestamp,
    outcome: &'static str,
    result: Option<Box<str>>,
}

impl Asked {
    /// A request that came at `now`.
    pub fn new(now: Timestamp, request: &Request) -> Self {
        let Request { id, method, params } = request;
        let method = match Method::parse(method) {
            Method::Unknown => Cow::Owned(shorten(method).to_owned()),
            known => Cow::Borrowed(known.as_str()),
        };
        let params = params.as_ref().map(|params| shorten(params.get()).into());
        Self { id: id.clone(), method, at: now, params }
    }

    /// The same request, with what came of it.
    pub fn ended(
        self,
        now: Timestamp,
        outcome: &'static str,
        result: Option<&RawJson>,
    ) -> AuditEntry {
        let result = result.map(|result| shorten(result.get()).into());
        AuditEntry { asked: self, at: now, outcome, result }
    }
}

impl AuditEntry {
    /// How many entries of the trail a call has.
    pub const ENTRIES: usize = 2;

    /// The request and the response, as they are read.
    pub fn entries(&self) -> [RawJson; Self::ENTRIES] {
        let Self { asked, at, outcome, result } = self;
        let (id, method) = (&asked.id, &*asked.method);
        [
            to_raw(&Entry::Request {
                timestamp: asked.at.0,
                id,
                method,
                params: asked.params.as_deref(),
            }),
            to_raw(&Entry::Response {
                timestamp: at.0,
                id,
                method,
                outcome,
                result: result.as_deref(),
            }),
        ]
    }
}

impl Audit {
    /// Keeps `keep` entries of each session in `log`.
    pub fn new(log: Arc<dyn EventLog>, keep: usize) -> Self {
        let (queue, orders) = mpsc::channel(QUEUE);
        let (orders, hurry) = (Mutex::new(Some(orders)), Notify::new());
        Self { log, keep, queue, orders, hurry }
    }

    /// Whether there is a trail at all.
    pub fn is_on(&self) -> bool {
        self.keep > 0
    }

    /// A request has come; `None` if no trail is kept.
    pub fn request(&self, now: Timestamp, request: &Request) -> Option<Asked> {
        self.is_on().then(|| Asked::new(now, request))
    }

    /// A request was answered, or not: `outcome` says how it ended. That goes to the
    /// trail of the session or tape that the request was about.
    pub fn response(
        &self,
        session: SessionId,
        asked: Asked,
        now: Timestamp,
        outcome: &'static str,
        result: Option<&RawJson>,
    ) {
        let order = Order::Write(session, asked.ended(now, outcome, result));
        if self.queue.try_send(order).is_err() {
            tracing::warn!(%session, "the audit trail misses a call");
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
            self.hurry.notify_one();
            let _ = timeout(PATIENCE, reported).await;
        }
        let mut trail = self.log.read_audit(session).await?;
        trail.drain(..trail.len().saturating_sub(self.keep));
        Ok(Some(trail))
    }

    /// Writes until it is dropped.
    pub async fn run(&self) {
        let orders = lock(&self.orders).take();
        let Some(mut orders) = orders else { return };
        let mut batch = Vec::new();
        // Of the oldest call it may be the response only.
        let keep = self.keep.div_ceil(AuditEntry::ENTRIES);
        loop {
            let received = orders.recv_many(&mut batch, BATCH).await;
            if received == 0 {
                return;
            }
            let mut trails: HashMap<SessionId, Vec<AuditEntry>> = HashMap::new();
            let mut reports = Vec::new();
            for order in batch.drain(..) {
                match order {
                    Order::Write(session, call) => {
                        trails.entry(session).or_default().push(call);
                    }
                    Order::Report(report) => reports.push(report),
                }
            }
            let writes = trails.into_iter().map(async |(session, calls)| {
                let written = self.log.append_audit(&session, calls, keep).await;
                if let Err(error) = written {
                    tracing::warn!(%error, %session, "the audit trail has a gap");
                }
            });
            join_all(writes).await;
            for report in reports {
                // Whoever asked may have given up.
                let _ = report.send(());
            }
            // Not woken up by every call, but never behind a busy node.
            if received < BATCH {
                tokio::select! {
                    () = sleep(GATHER) => {}
                    () = self.hurry.notified() => {}
                }
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
