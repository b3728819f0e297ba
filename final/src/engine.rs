//! One message in, messages out: the protocol without a transport.

pub mod arguments;
mod attempts;
pub mod background;
pub mod call;
pub mod dispatch;
pub mod handshake;
pub mod lease;
pub mod listen;
pub mod session;
pub mod stateless;
pub mod streams;
pub mod tools;
pub mod upkeep;
mod vitals;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use call::{Call, CallOutcome};
pub use session::Session;
pub use tools::BadSchema;

pub use crate::sessions::Caller;

use self::attempts::Attempts;
use self::lease::StorageUptime;
use self::tools::ToolTable;
use self::vitals::LastVitals;
use crate::bus::Bus;
use crate::error::Error;
use crate::events::{EventLog, OpenStreams};
use crate::protocol::jsonrpc::{Notification, Response};
use crate::protocol::lifecycle::ServerInfo;
use crate::protocol::method::Method;
use crate::protocol::progress::CancelledParams;
use crate::protocol::{RawJson, to_raw};
use crate::readiness::Readiness;
use crate::sealing::KeyRing;
use crate::service::node_context::NodeContext;
use crate::service::{ChangePublisher, Service, Subscriptions};
use crate::sessions::{
    Audit, Clock, LiveSessions, NodeId, SessionId, SessionStore,
};
use crate::telemetry::Metrics;

/// Serves one [`Service`] to sessions that are kept in one [`SessionStore`].
pub struct Engine {
    service: Arc<dyn Service>,
    store: Arc<dyn SessionStore>,
    log: Arc<dyn EventLog>,
    bus: Arc<dyn Bus>,
    live: Arc<LiveSessions>,
    readers: Arc<OpenStreams>,
    listeners: Arc<Subscriptions>,
    changes: Arc<ChangePublisher>,
    audit: Arc<Audit>,
    metrics: Arc<Metrics>,
    /// What outlives the connection that it came on.
    background: TaskTracker,
    /// The calls that this node runs as streams.
    attempts: Arc<Attempts>,
    /// This node.
    node: NodeId,
    /// Other nodes share the storage.
    shared: bool,
    settings: EngineSettings,
    /// Since when storage has been reached without a break.
    reached: StorageUptime,
    last_vitals: LastVitals,
    /// Streams are sent away as soon as they are opened.
    dismissing: AtomicBool,
    /// Calls end now, with an error.
    out_of_time: CancellationToken,
    info: ServerInfo,
    /// Who answers, as results say it.
    server: RawJson,
    tools: ToolTable,
    /// Seals what clients bring back with their answers.
    keys: Arc<KeyRing>,
    /// For requests that no store has given a time.
    clock: Clock,
    /// What handlers reach.
    common: Arc<NodeContext>,
}

/// Where everything is kept that is more than a node's own.
#[derive(Clone)]
pub struct Storage {
    /// This node.
    pub node: NodeId,
    /// Other nodes share it, so that what begins here may go on there.
    pub shared: bool,
    /// The sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// What is said on their streams.
    pub log: Arc<dyn EventLog>,
    /// The way to the other nodes.
    pub bus: Arc<dyn Bus>,
    /// The keys that all nodes have.
    pub keys: Arc<KeyRing>,
}

/// What a deployment may choose.
#[derive(Debug, Clone, Copy)]
pub struct EngineSettings {
    /// A session that is idle for longer is gone.
    pub session_timeout: Duration,
    /// Entries of a session's audit trail; 0 keeps none.
    pub audit_events: usize,
    /// A node that has not renewed its lease for so long is dead.
    pub lease: Duration,
    /// A stream whose client takes nothing for so long is closed.
    pub stall: Duration,
    /// How many requests of one owner may listen on this node.
    pub max_listeners: usize,
}

impl Engine {
    /// Compiles the schemas of `service`.
    ///
    /// # Errors
    /// [`BadSchema`] names the tool whose schema is wrong.
    pub fn new(
        service: Arc<dyn Service>,
        storage: Storage,
        settings: EngineSettings,
        metrics: Arc<Metrics>,
    ) -> Result<Self, BadSchema> {
        let Storage { node, shared, sessions: store, log, bus, keys } = storage;
        let (readers, listeners) =
            <(Arc<OpenStreams>, Arc<Subscriptions>)>::default();
        let changes = ChangePublisher::new(
            log.clone(),
            bus.clone(),
            readers.clone(),
            listeners.clone(),
        );
        let changes = Arc::new(changes);
        let audit = Arc::new(Audit::new(store.clone(), settings.audit_events));
        let background = TaskTracker::new();
        let live = Arc::<LiveSessions>::default();
        let common = NodeContext {
            live: live.clone(),
            store: store.clone(),
            changes: changes.clone(),
            audit: audit.clone(),
            bus: bus.clone(),
            background: background.clone(),
            metrics: metrics.clone(),
            readiness: Arc::new(Readiness::new(shared)),
            session_timeout: settings.session_timeout,
        };
        let info = service.info();
        Ok(Self {
            server: to_raw(&info.implementation),
            info,
            tools: ToolTable::of(&*service)?,
            common: Arc::new(common),
            clock: Clock::start(),
            reached: StorageUptime::default(),
            last_vitals: LastVitals::default(),
            attempts: Arc::default(),
            dismissing: AtomicBool::new(false),
            out_of_time: CancellationToken::new(),
            live,
            audit,
            changes,
            background,
            service,
            store,
            log,
            bus,
            keys,
            readers,
            listeners,
            node,
            shared,
            settings,
            metrics,
        })
    }

    /// Whether this node wants traffic.
    pub fn readiness(&self) -> &Arc<Readiness> {
        &self.common.readiness
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
                match dispatch::parse(notification.params.as_ref()) {
                    Ok(params) => self.cancel(session, params).await,
                    Err(_) => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// A call of another node is cancelled there (D012).
    async fn cancel(
        &self,
        session: &Session,
        params: CancelledParams,
    ) -> Result<(), Error> {
        let id = &session.init().id;
        let CancelledParams { request_id: call, reason } = params;
        let reason = reason.unwrap_or_default();
        let here = self.live.get(id).is_some_and(|live| live.cancel_call(&call));
        let found = here || self.bus.request_cancel(id, &call, &reason).await?;
        tracing::debug!(session = %id, found, reason, "cancelled by the client");
        Ok(())
    }

    /// Takes the client's answer to a question, which another node may have asked.
    /// An answer that nobody waits for is dropped (L079, D010).
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn deliver_answer(
        &self,
        session: &Session,
        response: Response,
    ) -> Result<(), Error> {
        let id = &session.init().id;
        let Response { id: question, outcome } = response;
        let asked = self.live.get(id).filter(|live| live.has_question(&question));
        let taken = match asked {
            Some(live) => live.deliver_answer(&question, outcome),
            None => self.bus.deliver_answer(id, &question, &outcome).await?,
        };
        if !taken {
            tracing::debug!(session = %id, "an answer that nobody waits for");
        }
        Ok(())
    }

    /// Ends a session, on every node from this moment on.
    ///
    /// # Errors
    /// [`Error::SessionNotFound`], [`Error::Store`].
    pub async fn terminate(
        self: &Arc<Self>,
        id: &SessionId,
        caller: &Caller,
    ) -> Result<(), Error> {
        match self.store.terminate(id, &caller.principal).await {
            Ok(true) => {}
            Ok(false) => return Err(Error::SessionNotFound),
            Err(error) => {
                // It may have ended, and nobody tells this node what it did itself.
                self.pull_mailbox(*id).await;
                return Err(error.into());
            }
        }
        self.close(id);
        self.metrics.sessions_terminated.inc();
        tracing::info!(session = %id, "ended by its client");
        Ok(())
    }

    /// Ends all that is live of a session on this node: the session is over.
    fn close(&self, session: &SessionId) {
        if let Some(live) = self.live.get(session) {
            live.close();
        }
        self.readers.close(session);
    }
}
