//! The access that a handler has besides its arguments.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::ServiceError;
use super::node_context::NodeContext;
use super::scope::{CallScope, ConfirmedScope, RequestScope};
use super::session::{Session, SessionHandle};
use crate::calls::{CallEvent, CallSink};
use crate::lock::lock;
use crate::protocol::RawJson;
use crate::protocol::jsonrpc::{Request, RequestId, notification_message};
use crate::protocol::lifecycle::ClientCapabilities;
use crate::protocol::logging::{Level, LogMessage};
use crate::protocol::progress::{Progress, ProgressToken};
use crate::protocol::subscriptions::List;
use crate::protocol::version::Era;
use crate::sessions::{SessionId, SessionInit, Timestamp, Totals};

/// One running request, as its handler sees it.
pub struct Context {
    /// The request's id.
    pub(crate) id: RequestId,
    /// Its session, or the contents of its envelope.
    pub(crate) scope: CallScope,
    /// The time at which it arrived.
    pub(crate) arrived: Timestamp,
    /// The stream that answers the request.
    sink: CallSink,
    /// The node on which it runs.
    pub(crate) node: Arc<NodeContext>,
    /// Ends the call when the client no longer wants it.
    pub(crate) cancelled: CancellationToken,
    /// Set if the caller wants progress reports.
    progress: Option<ProgressReports>,
}

/// The token under which progress is reported, and the last report.
struct ProgressReports {
    token: ProgressToken,
    last: Mutex<f64>,
}

impl ProgressReports {
    fn new(token: ProgressToken) -> Self {
        Self { token, last: Mutex::new(f64::NEG_INFINITY) }
    }

    fn grows_to(&self, progress: f64) -> bool {
        let mut last = lock(&self.last);
        let grows = progress > *last;
        if grows {
            *last = progress;
        }
        grows
    }
}

impl Context {
    /// Creates the context of a request that has just arrived.
    pub(crate) fn new(
        node: &Arc<NodeContext>,
        scope: CallScope,
        request: &Request,
        sink: CallSink,
        cancelled: CancellationToken,
    ) -> Self {
        let meta = request.meta.as_ref();
        let token = meta.and_then(|meta| meta.progress_token.clone());
        Self {
            id: request.id.clone(),
            arrived: scope.clock(node).now(),
            scope,
            sink,
            node: node.clone(),
            cancelled,
            progress: token.map(ProgressReports::new),
        }
    }

    /// Returns the era and version of the request.
    pub fn era(&self) -> Era {
        self.scope.era()
    }

    /// Returns the session; `None` in the stateless era.
    pub fn session(&self) -> Option<&SessionHandle> {
        match &self.scope {
            CallScope::Session(scope) => Some(&scope.session),
            CallScope::Request(_) => None,
        }
    }

    /// Returns the client's capabilities.
    pub fn client(&self) -> ClientCapabilities {
        self.scope.capabilities()
    }

    /// Returns the state that the call works on: its session, or in the stateless
    /// era the tape that it names, if it names one.
    ///
    /// # Errors
    /// As for [`tape`](Self::tape).
    pub async fn state(
        &self,
        tape: Option<&str>,
    ) -> Result<Option<SessionHandle>, ServiceError> {
        match (&self.scope, tape) {
            (CallScope::Session(scope), _) => Ok(Some(scope.session.clone())),
            (CallScope::Request(_), None) => Ok(None),
            (CallScope::Request(_), Some(tape)) => self.tape(tape).await.map(Some),
        }
    }

    /// Returns the state of a tape, which any node may have opened. It stays alive
    /// while the call runs.
    ///
    /// # Errors
    /// [`ServiceError::NoSuchTape`] if it never existed, has expired, was closed,
    /// or belongs to another owner, and always in the stateful era.
    pub async fn tape(&self, id: &str) -> Result<SessionHandle, ServiceError> {
        let (scope, id) = self.named_tape(id)?;
        let principal = &scope.caller.principal;
        let found = Session::load_and_touch(&self.node, &id, principal, 1).await?;
        let tape = found.ok_or(ServiceError::NoSuchTape)?;
        scope.pin(self.node.live.pin(id));
        Ok(Arc::new(tape).into())
    }

    /// Opens a tape, which lives until it is closed or has been idle for the
    /// session timeout.
    ///
    /// # Errors
    /// [`ServiceError::TooManyTapes`], [`ServiceError::Draining`],
    /// [`ServiceError::Store`]; [`ServiceError::NoSuchTape`] in the stateful era.
    pub async fn open_tape(&self) -> Result<SessionId, ServiceError> {
        let scope = self.request_scope().ok_or(ServiceError::NoSuchTape)?;
        if self.node.readiness.refuses_new_sessions() {
            return Err(ServiceError::Draining);
        }
        let tape = SessionInit {
            id: SessionId::random_tape(),
            principal: scope.caller.principal.clone(),
            owner: scope.caller.owner.to_string(),
            era: self.era(),
            client: scope.envelope.client.clone().unwrap_or_default(),
            capabilities: scope.envelope.capabilities,
        };
        let id = tape.id;
        let node = self.node.clone();
        let work = async move {
            let created = node.store.create(&tape).await?;
            node.metrics.sessions_created.inc_by(created.into());
            Ok::<_, ServiceError>(created)
        };
        if !self.node.detached(Box::pin(work)).await? {
            return Err(ServiceError::TooManyTapes);
        }
        tracing::info!(tape = id.hint(), "opened");
        Ok(id)
    }

    /// Ends a tape on every node, and publishes that the resources `changed` have
    /// changed.
    ///
    /// # Errors
    /// As for [`tape`](Self::tape).
    pub async fn close_tape(
        &self,
        id: &str,
        changed: Vec<String>,
    ) -> Result<(), ServiceError> {
        let (scope, id) = self.named_tape(id)?;
        let principal = scope.caller.principal.clone();
        let node = self.node.clone();
        let work = async move {
            let closed = node.store.terminate(&id, &principal).await?;
            node.metrics.sessions_terminated.inc_by(closed.into());
            for uri in changed.iter().filter(|_| closed) {
                node.changes.of_session(&id, uri).await;
            }
            Ok::<_, ServiceError>(closed)
        };
        if !self.node.detached(Box::pin(work)).await? {
            return Err(ServiceError::NoSuchTape);
        }
        tracing::info!(tape = id.hint(), "closed by its client");
        Ok(())
    }

    fn named_tape(
        &self,
        id: &str,
    ) -> Result<(&RequestScope, SessionId), ServiceError> {
        self.request_scope()
            .zip(SessionId::parse_tape(id))
            .ok_or(ServiceError::NoSuchTape)
    }

    pub(crate) fn request_scope(&self) -> Option<&RequestScope> {
        match &self.scope {
            CallScope::Session(_) => None,
            CallScope::Request(scope) => Some(scope),
        }
    }

    /// Returns the totals of the whole deployment.
    ///
    /// # Errors
    /// [`ServiceError::Store`]
    pub async fn totals(&self) -> Result<Totals, ServiceError> {
        Ok(self.node.store.totals().await?)
    }

    /// Returns the time after which an idle session or tape expires.
    pub fn session_timeout(&self) -> Duration {
        self.node.session_timeout
    }

    /// Returns the time, by the session's store or this node's clock.
    pub fn now(&self) -> Timestamp {
        self.scope.clock(&self.node).now()
    }

    /// Returns the session or tape whose audit trail records this request.
    pub(crate) fn audited(&self) -> Option<SessionId> {
        match &self.scope {
            CallScope::Session(scope) => Some(scope.session.init().id),
            CallScope::Request(scope) => scope.first_tape(),
        }
    }

    /// Resolves when the caller no longer wants the answer. A handler that only
    /// awaits is dropped anyway; this is for one that must clean up.
    pub async fn cancelled(&self) {
        self.cancelled.cancelled().await;
    }

    /// Reports progress, if the caller asked for it. `progress` must grow; any
    /// other report is dropped (L090).
    pub async fn progress(
        &self,
        progress: f64,
        total: Option<f64>,
        message: Option<&str>,
    ) {
        let Some(reports) = &self.progress else { return };
        if reports.grows_to(progress) {
            let params = Progress {
                progress_token: &reports.token,
                progress,
                total,
                message,
            };
            self.notify("notifications/progress", &params).await;
        }
    }

    /// Sends a log message, if the level of the session admits it (L128), or that
    /// of the request, which has no level unless it names one (M152). `data` must
    /// contain no secrets and no personal data (L131).
    pub async fn log(
        &self,
        level: Level,
        logger: &str,
        data: &(impl Serialize + Sync),
    ) {
        if let Some(scope) = self.stream_scope().await
            && scope.logs(level)
        {
            let params = LogMessage { level, logger, data };
            let message = notification_message("notifications/message", &params);
            self.send(scope, message).await;
        }
    }

    /// Releases the client's connection during a long call: a client that can
    /// resume the stream is asked to reconnect for the rest.
    /// spec: basic/transports (the server may close the connection)
    pub async fn close_connection(&self) {
        if self.stream_scope().await.is_some() {
            self.sink.send(CallEvent::CloseConnection).await;
        }
    }

    /// Publishes that a resource of the whole deployment has changed.
    pub fn changed_for_all(&self, uri: &str) {
        self.node.changes.of_all(uri);
    }

    /// Publishes that one of the service's lists has changed.
    pub async fn list_changed(&self, list: List) {
        if self.scope.confirm().await.is_ok() {
            self.node.changes.of_list(list).await;
        }
    }

    /// Sends a notification, if the client accepts a stream and the session exists.
    pub(crate) async fn notify(
        &self,
        method: &str,
        params: &(impl Serialize + Sync),
    ) {
        if let Some(scope) = self.stream_scope().await {
            self.send(scope, notification_message(method, params)).await;
        }
    }

    /// Returns the scope if messages reach the client.
    async fn stream_scope(&self) -> Option<ConfirmedScope<'_>> {
        match self.is_stream() {
            true => self.scope.confirm().await.ok(),
            false => None,
        }
    }

    /// Returns whether the client accepts a stream.
    pub(super) fn is_stream(&self) -> bool {
        self.sink.is_stream()
    }

    /// Sends a message to the client. Only a call of a confirmed session can.
    pub(super) async fn send(&self, _: ConfirmedScope<'_>, message: RawJson) {
        self.sink.send(CallEvent::Message(message)).await;
    }
}

/// Frees the id: the call is over, however it ended.
impl Drop for Context {
    fn drop(&mut self) {
        if let CallScope::Session(scope) = &self.scope {
            scope.live.unregister_call(&self.id);
        }
    }
}
