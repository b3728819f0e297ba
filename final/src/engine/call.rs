//! A running request: its handler, the messages that it sends, and its outcome.

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

use super::Engine;
use super::outcome::CallOutcome;
use crate::calls::{CallEvent, CallOutput, CallSink};
use crate::error::Error;
use crate::protocol::RawJson;
use crate::protocol::jsonrpc::{Request, RequestId};
use crate::protocol::method::Method;
use crate::protocol::version::Era;
use crate::service::scope::{CallScope, SessionScope};
use crate::service::{Context, SessionHandle};
use crate::sessions::AuditRequest;
use crate::telemetry::{self, Outcome};

/// A request being served. Resolves to its outcome. It does not run before it is
/// polled. Dropping it afterwards cancels it.
pub struct Call {
    /// The request's id.
    pub id: RequestId,
    /// Boxed, so that it can move into a task when it has already begun.
    work: Option<Pin<Box<dyn Future<Output = CallOutcome> + Send>>>,
    is_begun: bool,
    cancelled: CancellationToken,
    background: TaskTracker,
    /// The client's trace, if the request names one.
    span: Span,
}

impl Call {
    /// Creates the call of a request that has no work yet.
    pub(super) fn new(cx: &Context, request: &Request) -> Self {
        let meta = request.meta.as_ref();
        let trace = meta.and_then(|meta| meta.trace.as_ref());
        Self {
            id: request.id.clone(),
            work: None,
            is_begun: false,
            cancelled: cx.cancelled.clone(),
            background: cx.node.background.clone(),
            span: trace.map_or_else(Span::current, telemetry::span),
        }
    }

    /// Returns the same call, which runs `work`.
    pub(super) fn with_work(
        mut self,
        work: impl Future<Output = CallOutcome> + Send + 'static,
    ) -> Self {
        self.work = Some(Box::pin(work.instrument(self.span.clone())));
        self
    }

    /// Returns the same call, which has been polled to this outcome.
    pub fn with_outcome(self, outcome: CallOutcome) -> Self {
        self.with_work(ready(outcome))
    }

    /// Returns the token that cancels it, as if its client no longer wanted it.
    pub fn cancellation(&self) -> CancellationToken {
        self.cancelled.clone()
    }

    /// Cancels it, and waits for its end: its id is free then.
    pub async fn cancel(self) {
        self.cancelled.cancel();
        self.await;
    }

    /// Moves it into a task of its own, because the reader of its stream may stall.
    pub fn into_task(mut self) -> JoinHandle<CallOutcome> {
        let work = self.work.take();
        let work = work.unwrap_or_else(|| Box::pin(ready(CallOutcome::Cancelled)));
        self.background.spawn(work)
    }

    /// Runs it to its outcome and sends its messages, `batch` first.
    ///
    /// # Errors
    /// That of `send`, which does not cancel the call.
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
        self.is_begun = true;
        let Some(work) = &mut self.work else { return Poll::Pending };
        let polled = work.as_mut().poll(cx);
        if polled.is_ready() {
            self.work = None;
        }
        polled
    }
}

/// Cancels the call, so that it ends like every other and is counted and recorded.
impl Drop for Call {
    fn drop(&mut self) {
        if let Some(work) = self.work.take().filter(|_| self.is_begun) {
            self.cancelled.cancel();
            self.background.spawn(work);
        }
    }
}

impl Engine {
    /// Prepares the call of a request in a session, whose messages go to `sink`. It
    /// runs when the [`Call`] is polled: see `Engine::run_call`.
    ///
    /// # Errors
    /// [`Error::DuplicateId`] if the session's previous request with this id is
    /// still running on this node; [`Error::SessionNotFound`], [`Error::Store`].
    pub async fn prepare_call(
        self: &Arc<Self>,
        session: impl Into<SessionHandle>,
        request: Request,
        sink: CallSink,
    ) -> Result<Call, Error> {
        let session = session.into();
        let live = self.node.live.pin(session.init().id);
        let Some(cancelled) = live.register_call(&request.id) else {
            // A missing session is the first reason to refuse the request.
            session.session().await?;
            return Err(Error::DuplicateId);
        };
        let scope = CallScope::Session(SessionScope { session, live });
        let cx = Context::new(&self.node, scope, &request, sink, cancelled);
        let call = Call::new(&cx, &request);
        Ok(call.with_work(self.clone().run_call(cx, request)))
    }

    /// Serves a request, counts it, and records it in the audit trail of its
    /// session or tape.
    pub(super) async fn run_call(
        self: Arc<Self>,
        mut cx: Context,
        request: Request,
    ) -> CallOutcome {
        let since = Instant::now();
        let asked = self.node.audit.begin(cx.arrived, &request);
        let Request { method, params, .. } = request;
        let params = params.as_ref();
        let cancelled = cx.cancelled.clone();
        let handler = AssertUnwindSafe(async {
            match cx.era() {
                Era::Stateful(_) => self.dispatch(&cx, method, params).await,
                Era::Stateless => {
                    self.dispatch_stateless(&mut cx, method, params).await
                }
            }
        });
        let result = tokio::select! {
            biased;
            () = cancelled.cancelled() => None,
            () = self.node.out_of_time.cancelled() => Some(Err(Error::Draining)),
            result = handler.catch_unwind() => {
                Some(result.unwrap_or_else(|_| Err(self.count_panic())))
            }
        };
        let outcome = CallOutcome::of(&cx.scope, result).await;
        self.count(method, outcome.label(), since);
        self.audit(&cx, asked, &outcome);
        // The id is free again before the first byte of the answer goes out.
        drop(cx);
        outcome
    }

    fn count_panic(&self) -> Error {
        self.node.metrics.panics.inc();
        Error::Panic
    }

    /// Counts a request that has ended.
    pub(super) fn count(&self, method: Method, label: Outcome, since: Instant) {
        let seconds = since.elapsed().as_secs_f64();
        self.node.metrics.request(method, label, seconds);
        let outcome = label.as_str();
        tracing::debug!(method = method.as_str(), outcome, "served");
    }

    fn audit(
        &self,
        cx: &Context,
        asked: Option<AuditRequest>,
        outcome: &CallOutcome,
    ) {
        if let Some((asked, session)) = asked.zip(cx.audited()) {
            let label = outcome.label().as_str();
            let result = outcome.result();
            self.node.audit.add(session, asked, cx.now(), label, result);
        }
    }
}
