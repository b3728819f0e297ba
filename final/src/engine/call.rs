//! A running request: its work, the messages that it sends, and its end.

use std::{
    future::ready, panic::AssertUnwindSafe, pin::Pin, sync::Arc, task::Poll,
    time::Instant,
};

use futures_util::FutureExt;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use super::{Engine, Session};
use crate::{
    error::Error,
    protocol::{
        RawJson,
        jsonrpc::{Request, RequestId, result_message},
        method::Method,
        progress::WithMeta,
    },
    service::{Context, context::ProgressReports},
    sessions::Outbox,
    telemetry::Outcome,
};

/// How a request ended.
#[derive(Debug)]
pub enum Ended {
    /// To be answered with this.
    Answered(Result<RawJson, Error>),
    /// Not to be answered: the caller no longer wants it (L077).
    Cancelled,
}

impl Ended {
    /// The message that answers the request, if it is to be answered.
    pub fn into_message(self, id: &RequestId) -> Option<RawJson> {
        match self {
            Self::Answered(Ok(result)) => Some(result_message(id, &result)),
            Self::Answered(Err(error)) => Some(error.to_message(Some(id))),
            Self::Cancelled => None,
        }
    }

    /// Whether it ended because it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }

    fn outcome(&self) -> Outcome {
        match self {
            Self::Answered(Ok(_)) => Outcome::Done,
            Self::Answered(Err(error)) => error.outcome(),
            Self::Cancelled => Outcome::Cancelled,
        }
    }
}

/// A request being served. Resolves to its end.
pub struct Call {
    /// The request's id.
    pub id: RequestId,
    work: Pin<Box<dyn Future<Output = Ended> + Send>>,
    background: TaskTracker,
}

impl Call {
    /// The same call, which has been polled to this end.
    pub fn with_end(self, ended: Ended) -> Self {
        Self { work: Box::pin(ready(ended)), ..self }
    }

    /// Goes on in a task of its own, because the reader of its stream may stall.
    pub fn into_task(self) -> JoinHandle<Ended> {
        self.background.spawn(self.work)
    }
}

impl Future for Call {
    type Output = Ended;

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> Poll<Ended> {
        self.work.as_mut().poll(cx)
    }
}

impl Engine {
    /// Starts a request of a session. What it sends meanwhile goes to `outbox`;
    /// nothing runs before the call is polled.
    ///
    /// # Errors
    /// [`Error::DuplicateId`] if the session's previous request with this id is
    /// still running on this node.
    pub fn call(
        self: &Arc<Self>,
        session: &Session,
        request: Request,
        outbox: Outbox,
    ) -> Result<Call, Error> {
        let live = self.live.hold(session.record.opened.id);
        let cancelled = live.begin(&request.id).ok_or(Error::DuplicateId)?;
        let cx = Context {
            id: request.id.clone(),
            session: session.record.clone(),
            entered: session.entered,
            store: self.store.clone(),
            outbox,
            live,
            changes: self.changes.clone(),
            audit: self.audit.clone(),
            bus: self.bus.clone(),
            background: self.background.clone(),
            cancelled,
            progress: WithMeta::progress_token(request.params.as_ref())
                .map(ProgressReports::new),
        };
        let id = request.id.clone();
        let work = Box::pin(self.clone().audited(cx, request));
        Ok(Call { id, work, background: self.background.clone() })
    }

    /// Serves a request, and notes it in the audit trail.
    async fn audited(self: Arc<Self>, cx: Context, request: Request) -> Ended {
        let (begun, started) = (cx.now(), Instant::now());
        let asked = self.audit.request(cx.session.opened.id, begun, &request);
        let method = Method::parse(&request.method);
        let ended = self.clone().work(cx, method, request.params).await;
        if let Some(asked) = asked {
            let result = match &ended {
                Ended::Answered(Ok(result)) => Some(result),
                _ => None,
            };
            let now = begun.plus(started.elapsed());
            self.audit.response(asked, now, ended.outcome().as_str(), result);
        }
        ended
    }

    async fn work(
        self: Arc<Self>,
        cx: Context,
        method: Method,
        params: Option<RawJson>,
    ) -> Ended {
        let started = Instant::now();
        let handler = AssertUnwindSafe(self.dispatch(&cx, method, params));
        let ended = tokio::select! {
            biased;
            () = cx.cancelled() => Ended::Cancelled,
            result = handler.catch_unwind() => Ended::Answered(
                result.unwrap_or_else(|_| {
                    self.metrics.panics.inc();
                    Err(Error::Panic)
                })
            ),
        };
        // The id is free again before the first byte of the answer goes out.
        drop(cx);
        if let Ended::Answered(Err(error)) = &ended {
            error.log();
        }
        self.count(method, ended.outcome(), started);
        ended
    }

    pub(super) fn count(&self, method: Method, outcome: Outcome, since: Instant) {
        self.metrics.request(method, outcome, since.elapsed().as_secs_f64());
    }
}
