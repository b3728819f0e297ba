//! One message in, messages out: the protocol without a transport.

pub mod arguments;
pub mod background;
pub mod call;
pub mod dispatch;
pub mod handshake;
pub mod upkeep;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use jsonschema::Validator;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

pub use call::{Call, Ended};

use crate::{
    error::Error,
    protocol::{
        jsonrpc::{Notification, Response},
        lifecycle::ServerInfo,
        method::Method,
        progress::CancelledParams,
        version::{Era, Version},
    },
    service::{Changes, Service},
    sessions::{
        Inbox, Live, LiveSessions, Principal, SessionId, SessionRecord,
        SessionStore,
    },
    telemetry::Metrics,
};

/// Serves one [`Service`] to sessions that are kept in one [`SessionStore`].
pub struct Engine {
    service: Arc<dyn Service>,
    store: Arc<dyn SessionStore>,
    live: Arc<LiveSessions>,
    changes: Arc<Changes>,
    metrics: Arc<Metrics>,
    /// What outlives the connection that it came on.
    background: TaskTracker,
    /// GET streams are sent away as soon as they are opened.
    dismissing: AtomicBool,
    info: ServerInfo,
    /// The compiled input schema of every tool, by name.
    schemas: HashMap<String, Validator>,
}

/// Who is calling, as far as the transport could tell.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Whose sessions it may use.
    pub principal: Principal,
    /// Whom its requests and sessions count for.
    pub owner: Arc<str>,
}

/// A session at the moment of a visit.
#[derive(Debug, Clone)]
pub struct Session {
    /// As the store had it.
    pub record: Arc<SessionRecord>,
    entered: Instant,
}

impl Session {
    fn now(record: SessionRecord) -> Self {
        Self { record: Arc::new(record), entered: Instant::now() }
    }
}

/// The session's GET stream on this node, as long as it is held.
pub struct Listening {
    /// What is to be sent.
    pub inbox: Inbox,
    live: Live,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.live.stop_listening(&self.inbox);
    }
}

/// A tool whose input schema cannot be compiled.
#[derive(Debug, thiserror::Error)]
#[error("the input schema of tool {tool} is not valid JSON Schema")]
pub struct BadSchema {
    /// The tool's name.
    pub tool: String,
}

impl Engine {
    /// Compiles the schemas of `service`.
    ///
    /// # Errors
    /// [`BadSchema`] names the tool whose schema is wrong.
    pub fn new(
        service: Arc<dyn Service>,
        store: Arc<dyn SessionStore>,
        metrics: Arc<Metrics>,
    ) -> Result<Self, BadSchema> {
        let mut schemas = HashMap::new();
        for tool in service.tools(Era::Stateful(Version::LATEST)) {
            let schema = jsonschema::validator_for(&tool.input_schema)
                .map_err(|_| BadSchema { tool: tool.name.clone() })?;
            schemas.insert(tool.name.clone(), schema);
        }
        let live = Arc::new(LiveSessions::default());
        Ok(Self {
            info: service.info(),
            changes: Arc::new(Changes::new(live.clone())),
            background: TaskTracker::new(),
            dismissing: AtomicBool::new(false),
            service,
            store,
            live,
            metrics,
            schemas,
        })
    }

    /// Finds a session, on whichever node it was opened, and counts the visit.
    /// Nothing of it needs to be on this node: the record is enough to go on.
    ///
    /// # Errors
    /// [`Error::SessionNotFound`], also for a session of somebody else;
    /// [`Error::Store`] if it cannot be told.
    pub async fn enter(
        &self,
        id: &SessionId,
        caller: &Caller,
        requests: usize,
    ) -> Result<Session, Error> {
        let entered = self.store.enter(id, &caller.principal, requests).await?;
        let found = entered.ok_or(Error::SessionNotFound)?;
        if found.reconstructed {
            self.metrics.sessions_reconstructed.inc();
            tracing::info!(session = %id, "taken over from another node");
        }
        Ok(Session::now(found.record))
    }

    /// Finds a session and leaves it as it is, not even its expiry postponed:
    /// for a request that will be refused.
    ///
    /// # Errors
    /// As for [`enter`](Self::enter).
    pub async fn find(
        &self,
        id: &SessionId,
        caller: &Caller,
    ) -> Result<Session, Error> {
        let found = self.store.load(id, &caller.principal).await?;
        found.map(Session::now).ok_or(Error::SessionNotFound)
    }

    /// Takes a notification. It is never answered, so what is wrong with it is
    /// ignored (L011, L082); only storage can fail.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn notify(
        &self,
        session: &Session,
        notification: Notification,
    ) -> Result<(), Error> {
        match Method::parse(&notification.method) {
            Method::Initialized => self.initialized(session).await,
            Method::Cancelled => {
                if let Ok(params) = dispatch::parse(notification.params.as_ref()) {
                    self.cancel(session, params);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Later the bus enters here: a call of another node is cancelled there.
    fn cancel(&self, session: &Session, params: CancelledParams) {
        let id = &session.record.opened.id;
        let found = self.live.get(id).is_some_and(|l| l.cancel(&params.request_id));
        let reason = params.reason.unwrap_or_default();
        tracing::debug!(session = %id, found, reason, "cancelled by the client");
    }

    /// Takes the client's answer to a question. An answer that nobody waits for
    /// is dropped (L079, D010). Later the bus enters here.
    pub fn answer(&self, session: &Session, response: Response) {
        let id = &session.record.opened.id;
        let taken = self
            .live
            .get(id)
            .is_some_and(|live| live.answer(&response.id, response.outcome));
        if !taken {
            tracing::debug!(session = %id, "an answer that nobody waits for");
        }
    }

    /// Opens the session's stream for what belongs to no call.
    pub fn listen(&self, session: &Session) -> Listening {
        let live = self.live.hold(session.record.opened.id);
        let inbox = live.listen(session.record.subscriptions.clone());
        // Checked when the stream can be seen, or the drain might miss it.
        if self.dismissing.load(Ordering::SeqCst) {
            live.dismiss_listener();
        }
        Listening { inbox, live }
    }

    /// Ends a session, on every node from this moment on.
    ///
    /// # Errors
    /// [`Error::SessionNotFound`], [`Error::Store`].
    pub async fn terminate(
        &self,
        id: &SessionId,
        caller: &Caller,
    ) -> Result<(), Error> {
        if !self.store.terminate(id, &caller.principal).await? {
            return Err(Error::SessionNotFound);
        }
        if let Some(live) = self.live.get(id) {
            live.close();
        }
        self.metrics.sessions_terminated.inc();
        tracing::info!(session = %id, "ended by its client");
        Ok(())
    }
}
