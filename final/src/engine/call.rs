//! A running request: its work, the messages that it sends, and its end.

use std::future::ready;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use futures_util::FutureExt;
use futures_util::future::try_join;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, Span};

use super::{Engine, Session};
use crate::error::Error;
use crate::protocol::RawJson;
use crate::protocol::jsonrpc::{Request, RequestId, result_message};
use crate::protocol::method::Method;
use crate::protocol::progress::WithMeta;
use crate::protocol::trace::TraceContext;
use crate::protocol::version::Era;
use crate::service::Context;
use crate::service::context::ProgressReports;
use crate::service::scope::{CallScope, SessionScope};
use crate::sessions::{CallEvent, CallOutput, CallSink, Timestamp};
use crate::telemetry::{self, Outcome};

/// How a request ended.
#[derive(Debug)]
pub enum CallOutcome {
    /// To be answered with this.
    Answered(Result<RawJson, Error>),
    /// Not to be answered: the caller no longer wants it (L077).
    Cancelled,
}

impl CallOutcome {
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
    work: Pin<Box<dyn Future<Output = CallOutcome> + Send>>,
    cancelled: CancellationToken,
    background: TaskTracker,
}

impl Call {
    /// The same call, which has been polled to this end.
    pub fn with_end(self, ended: CallOutcome) -> Self {
        Self { work: Box::pin(ready(ended)), ..self }
    }

    /// Ends it, as if its caller no longer wanted it.
    pub fn cancellation(&self) -> CancellationToken {
        self.cancelled.clone()
    }

    /// Goes on in a task of its own, because the reader of its stream may stall.
    pub fn into_task(self) -> JoinHandle<CallOutcome> {
        self.background.spawn(self.work)
    }

    /// Runs it to its outcome. Meanwhile sends its messages, `batch` first.
    ///
    /// # Errors
    /// That of `send`. The call is not cancelled by it.
    pub async fn drive<E, F>(
        &mut self,
        mut batch: Vec<CallEvent>,
        mut output: CallOutput,
        send: impl Fn(RawJson) -> F,
    ) -> Result<CallOutcome, E>
    where
        F: Future<Output = Result<(), E>>,
    {
        let pump = async {
            loop {
                for message in batch.into_iter().filter_map(CallEvent::into_message)
                {
                    send(message).await?;
                }
                batch = output.next_batch().await;
                if batch.is_empty() {
                    return Ok(());
                }
            }
        };
        let (outcome, ()) = try_join(self.map(Ok), pump).await?;
        Ok(outcome)
    }
}

impl Future for Call {
    type Output = CallOutcome;

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> Poll<CallOutcome> {
        self.work.as_mut().poll(cx)
    }
}

impl Engine {
    /// Starts a request of a session. What it sends meanwhile goes to `sink`;
    /// nothing runs before the call is polled.
    ///
    /// # Errors
    /// [`Error::DuplicateId`] if the session's previous request with this id is
    /// still running on this node.
    pub fn call(
        self: &Arc<Self>,
        session: &Session,
        request: Request,
        sink: CallSink,
    ) -> Result<Call, Error> {
        let live = self.live.pin(session.init().id);
        let cancelled =
            live.register_call(&request.id).ok_or(Error::DuplicateId)?;
        let visit = session.visit.clone();
        let arrived = (visit.now(), Instant::now());
        let origin = CallScope::Session(SessionScope { visit, live });
        Ok(self.begin(origin, arrived, request, sink, cancelled))
    }

    pub(super) fn begin(
        self: &Arc<Self>,
        origin: CallScope,
        (arrived, entered): (Timestamp, Instant),
        request: Request,
        sink: CallSink,
        cancelled: CancellationToken,
    ) -> Call {
        let id = request.id.clone();
        let cx = Context {
            id: id.clone(),
            origin,
            arrived,
            entered,
            sink,
            common: self.common.clone(),
            cancelled: cancelled.clone(),
            progress: WithMeta::progress_token(request.params.as_ref())
                .map(ProgressReports::new),
        };
        let trace = TraceContext::of(request.params.as_ref());
        let work = self.clone().audited(cx, request);
        let span = trace.map_or_else(Span::current, |it| telemetry::span(&it));
        let work = Box::pin(work.instrument(span));
        Call { id, work, cancelled, background: self.background.clone() }
    }

    /// Serves a request, and notes it in the audit trail of the session or tape
    /// that it was about.
    async fn audited(
        self: Arc<Self>,
        mut cx: Context,
        request: Request,
    ) -> CallOutcome {
        let asked = self.audit.begin(cx.arrived, &request);
        let method = Method::parse(&request.method);
        let ended = self.work(&mut cx, method, request.params).await;
        if let Some((asked, session)) = asked.zip(cx.audited()) {
            let result = match &ended {
                CallOutcome::Answered(Ok(result)) => Some(result),
                _ => None,
            };
            let outcome = ended.outcome().as_str();
            self.audit.add(session, asked, cx.now(), outcome, result);
        }
        // The id is free again before the first byte of the answer goes out.
        drop(cx);
        ended
    }

    async fn work(
        &self,
        cx: &mut Context,
        method: Method,
        params: Option<RawJson>,
    ) -> CallOutcome {
        let mut count = Count::of(self, method);
        let cancelled = cx.cancelled.clone();
        let handler = AssertUnwindSafe(self.handle(cx, method, params));
        let ended = tokio::select! {
            biased;
            () = cancelled.cancelled() => CallOutcome::Cancelled,
            () = self.out_of_time.cancelled() => {
                CallOutcome::Answered(Err(Error::Draining))
            }
            result = handler.catch_unwind() => CallOutcome::Answered(
                result.unwrap_or_else(|_| {
                    self.metrics.panics.inc();
                    Err(Error::Panic)
                })
            ),
        };
        // A call that nobody could have made has no answer of its own.
        let ended = match (cx.origin.confirm().await, ended) {
            (Err(missed), CallOutcome::Answered(_)) => {
                CallOutcome::Answered(Err(missed.into()))
            }
            (_, ended) => ended,
        };
        if let CallOutcome::Answered(Err(error)) = &ended {
            error.log();
        }
        count.outcome = ended.outcome();
        let outcome = count.outcome.as_str();
        tracing::debug!(method = method.as_str(), outcome, "served");
        ended
    }

    async fn handle(
        &self,
        cx: &mut Context,
        method: Method,
        params: Option<RawJson>,
    ) -> Result<RawJson, Error> {
        match cx.era() {
            Era::Stateful(_) => self.dispatch(cx, method, params.as_ref()).await,
            Era::Stateless => {
                self.dispatch_stateless(cx, method, params.as_ref()).await
            }
        }
    }
}

/// Counts a request when it is over, also if it is dropped on the way.
pub(super) struct Count<'a> {
    engine: &'a Engine,
    method: Method,
    since: Instant,
    pub outcome: Outcome,
}

impl<'a> Count<'a> {
    pub fn of(engine: &'a Engine, method: Method) -> Self {
        let outcome = Outcome::Cancelled;
        Self { engine, method, since: Instant::now(), outcome }
    }
}

impl Drop for Count<'_> {
    fn drop(&mut self) {
        let seconds = self.since.elapsed().as_secs_f64();
        self.engine.metrics.request(self.method, self.outcome, seconds);
    }
}
