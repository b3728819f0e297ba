//! All that a handler may touch besides its arguments.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::node_context::NodeContext;
use super::scope::{CallScope, RequestScope};
use super::session_ref::SessionRef;
use super::{ServiceError, State};
use crate::lock::lock;
use crate::protocol::jsonrpc::{RequestId, notification_message};
use crate::protocol::lifecycle::ClientCapabilities;
use crate::protocol::logging::{Level, LogMessage};
use crate::protocol::progress::{Progress, ProgressToken};
use crate::protocol::subscriptions::List;
use crate::protocol::version::Era;
use crate::sessions::{
    CallEvent, CallSink, SessionId, SessionInit, Timestamp, Totals,
};

/// Log messages below this level are not sent before the client of a session
/// chose a level.
const DEFAULT_LEVEL: Level = Level::Info;

/// One running request, as its handler sees it.
pub struct Context {
    /// The request's id.
    pub(crate) id: RequestId,
    /// Its session, or what it says itself.
    pub(crate) origin: CallScope,
    /// When it arrived, by the clock of whoever knows: the session's store, or
    /// this node.
    pub(crate) arrived: Timestamp,
    /// The same moment, to continue that clock from.
    pub(crate) entered: Instant,
    /// The stream that answers the request.
    pub(crate) sink: CallSink,
    /// What it shares with all calls of this node.
    pub(crate) common: Arc<NodeContext>,
    /// Ends the call when the client no longer wants it.
    pub(crate) cancelled: CancellationToken,
    /// The caller's wish to hear of progress.
    pub(crate) progress: Option<ProgressReports>,
}

/// Where progress goes, and how far it has come.
pub(crate) struct ProgressReports {
    token: ProgressToken,
    last: Mutex<f64>,
}

impl ProgressReports {
    pub(crate) fn new(token: ProgressToken) -> Self {
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
    /// The era and version that the request speaks.
    pub fn era(&self) -> Era {
        self.origin.era()
    }

    /// What the session was opened with; there is none in the stateless era. How it
    /// is now, its [state](Self::session_state) tells.
    pub fn session(&self) -> Option<&SessionInit> {
        match &self.origin {
            CallScope::Session(inside) => Some(&inside.visit.opened),
            CallScope::Request(_) => None,
        }
    }

    /// What the client can do.
    pub fn client(&self) -> ClientCapabilities {
        self.origin.capabilities()
    }

    /// The state that the call works on: its session, or in the stateless era the
    /// tape that it names, if it names one.
    ///
    /// # Errors
    /// As for [`tape`](Self::tape).
    pub async fn state(
        &self,
        tape: Option<&str>,
    ) -> Result<Option<State>, ServiceError> {
        match (&self.origin, tape) {
            (CallScope::Session(inside), _) => Ok(Some(State::of(&inside.visit))),
            (CallScope::Request(_), None) => Ok(None),
            (CallScope::Request(_), Some(tape)) => self.tape(tape).await.map(Some),
        }
    }

    /// The session's state; there is none in the stateless era.
    pub fn session_state(&self) -> Option<State> {
        match &self.origin {
            CallScope::Session(inside) => Some(State::of(&inside.visit)),
            CallScope::Request(_) => None,
        }
    }

    /// The state that a tape keeps, on whichever node it was opened. It stays alive
    /// while the call runs.
    ///
    /// # Errors
    /// [`ServiceError::NoSuchTape`] if it never was, has expired, was closed, or
    /// belongs to somebody else, and always in the stateful era.
    pub async fn tape(&self, id: &str) -> Result<State, ServiceError> {
        let (alone, id) = self.named_tape(id)?;
        let principal = &alone.caller.principal;
        let found =
            SessionRef::load_and_touch(&self.common, &id, principal, 1).await?;
        let tape = found.ok_or(ServiceError::NoSuchTape)?;
        alone.hold(self.common.live.pin(id));
        Ok(State::of(&tape))
    }

    /// Opens a tape, which lives until it is closed or was idle for the session
    /// timeout.
    ///
    /// # Errors
    /// [`ServiceError::TooManyTapes`], [`ServiceError::Draining`],
    /// [`ServiceError::Store`]; [`ServiceError::NoSuchTape`] in the stateful era.
    pub async fn open_tape(&self) -> Result<SessionId, ServiceError> {
        let alone = self.request_scope().ok_or(ServiceError::NoSuchTape)?;
        if self.common.readiness.refuses_new_sessions() {
            return Err(ServiceError::Draining);
        }
        let tape = SessionInit {
            id: SessionId::random_tape(),
            principal: alone.caller.principal.clone(),
            owner: alone.caller.owner.to_string(),
            era: self.era(),
            client: alone.envelope.client.clone().unwrap_or_default(),
            capabilities: alone.envelope.capabilities,
        };
        let (id, common) = (tape.id, self.common.clone());
        let work = async move {
            let created = common.store.create(&tape).await?;
            common.metrics.sessions_created.inc_by(created.into());
            Ok::<_, ServiceError>(created)
        };
        if !self.common.detached(work).await? {
            return Err(ServiceError::TooManyTapes);
        }
        tracing::info!(tape = id.hint(), "opened");
        Ok(id)
    }

    /// Ends a tape on every node, and says that the resources `changed` have.
    ///
    /// # Errors
    /// As for [`tape`](Self::tape).
    pub async fn close_tape(
        &self,
        id: &str,
        changed: Vec<String>,
    ) -> Result<(), ServiceError> {
        let (alone, id) = self.named_tape(id)?;
        let principal = alone.caller.principal.clone();
        let common = self.common.clone();
        let work = async move {
            let closed = common.store.terminate(&id, &principal).await?;
            common.metrics.sessions_terminated.inc_by(closed.into());
            for uri in changed.iter().filter(|_| closed) {
                common.changes.of_session(&id, uri).await;
            }
            Ok::<_, ServiceError>(closed)
        };
        if !self.common.detached(work).await? {
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
        match &self.origin {
            CallScope::Session(_) => None,
            CallScope::Request(alone) => Some(alone),
        }
    }

    /// Figures of the whole deployment.
    ///
    /// # Errors
    /// [`ServiceError::Store`]
    pub async fn totals(&self) -> Result<Totals, ServiceError> {
        Ok(self.common.store.totals().await?)
    }

    /// For how long a session or tape may be idle.
    pub fn session_timeout(&self) -> Duration {
        self.common.session_timeout
    }

    /// The time, by the session's store or this node's clock.
    pub fn now(&self) -> Timestamp {
        self.arrived.plus(self.entered.elapsed())
    }

    /// The session or tape whose audit trail tells of this request.
    pub(crate) fn audited(&self) -> Option<SessionId> {
        match &self.origin {
            CallScope::Session(inside) => Some(inside.visit.opened.id),
            CallScope::Request(alone) => alone.first_tape(),
        }
    }

    /// Resolves when the caller no longer wants the answer. A handler that only
    /// awaits is dropped anyway; this is for one that must clean up.
    pub async fn cancelled(&self) {
        self.cancelled.cancelled().await;
    }

    /// Reports progress, if the caller asked for it. `progress` must grow; a
    /// report that does not is left out (L090).
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

    /// Sends a log message, if the level of the session lets it through (L128), or
    /// that of the request, which has none unless it says so (M152). `data` must
    /// hold no secrets and no personal data (L131).
    pub async fn log(
        &self,
        level: Level,
        logger: &str,
        data: &(impl Serialize + Sync),
    ) {
        if !self.sink.is_stream() {
            return;
        }
        let wanted = match &self.origin {
            CallScope::Session(inside) => {
                let arrival = inside.visit.confirm().await;
                arrival.ok().map(|it| it.log_level.unwrap_or(DEFAULT_LEVEL))
            }
            CallScope::Request(alone) => alone.log_level,
        };
        if wanted.is_some_and(|wanted| level >= wanted) {
            let params = LogMessage { level, logger, data };
            self.notify("notifications/message", &params).await;
        }
    }

    /// Lets go of the client's connection for a call that will take long: a client
    /// that can resume the stream is asked to come back for the rest.
    /// spec: basic/transports (the server may close the connection)
    pub async fn close_connection(&self) {
        self.sink.send(CallEvent::CloseConnection).await;
    }

    /// A resource of the whole deployment has changed.
    pub fn changed_for_all(&self, uri: &str) {
        self.common.changes.of_all(uri);
    }

    /// One of the lists that the service offers has changed.
    pub async fn list_changed(&self, list: List) {
        if self.origin.confirm().await.is_ok() {
            self.common.changes.of_list(list).await;
        }
    }

    /// Sends a notification, if the client takes a stream and the session is there.
    pub(crate) async fn notify(
        &self,
        method: &str,
        params: &(impl Serialize + Sync),
    ) {
        if self.sink.is_stream() && self.origin.confirm().await.is_ok() {
            let message = notification_message(method, params);
            self.sink.send(CallEvent::Message(message)).await;
        }
    }
}

/// The call is over, however it ended: its id may be used again.
impl Drop for Context {
    fn drop(&mut self) {
        if let CallScope::Session(inside) = &self.origin {
            inside.live.unregister_call(&self.id);
        }
    }
}
