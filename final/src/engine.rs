//! One message in, messages out: the protocol without a transport.

pub mod arguments;
mod attempts;
pub mod background;
pub mod call;
pub mod dispatch;
pub mod handshake;
pub mod lease;
pub mod listen;
pub mod outcome;
mod retries;
pub mod session;
pub mod stateless;
mod streamed_call;
pub mod streams;
pub mod tools;
pub mod upkeep;
mod vitals;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use call::Call;
pub use outcome::{Answer, CallOutcome};
pub use streams::Streams;
pub use tools::BadSchema;

pub use crate::service::Session;
pub use crate::sessions::Caller;

use self::retries::RequestStates;
use self::tools::ToolTable;
use self::vitals::VitalsCache;
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
use crate::service::{ChangePublisher, Service};
use crate::sessions::{Audit, Clock, NodeId, SessionId, SessionStore};
use crate::telemetry::Metrics;

/// Serves one [`Service`] to sessions that are kept in one [`SessionStore`].
pub struct Engine {
    service: Arc<dyn Service>,
    info: ServerInfo,
    /// The server's name and version, as results carry them.
    server: RawJson,
    tools: ToolTable,
    node: Arc<NodeContext>,
    /// The streams that this node serves.
    pub streams: Arc<Streams>,
    states: RequestStates,
    vitals: VitalsCache,
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

impl Storage {
    fn node_context(
        &self,
        open: &Arc<OpenStreams>,
        settings: EngineSettings,
        metrics: Arc<Metrics>,
    ) -> NodeContext {
        let changes = ChangePublisher::new(
            self.log.clone(),
            self.bus.clone(),
            open.clone(),
            settings.max_listeners,
        );
        NodeContext {
            store: self.sessions.clone(),
            live: Arc::default(),
            changes: Arc::new(changes),
            audit: Arc::new(Audit::new(
                self.sessions.clone(),
                settings.audit_events,
            )),
            bus: self.bus.clone(),
            background: TaskTracker::new(),
            out_of_time: CancellationToken::new(),
            metrics,
            readiness: Arc::new(Readiness::new(self.shared)),
            clock: Clock::start(),
            session_timeout: settings.session_timeout,
        }
    }
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
        let open = Arc::<OpenStreams>::default();
        let node = Arc::new(storage.node_context(&open, settings, metrics));
        let streams = Streams::new(&storage, node.clone(), open, settings);
        let info = service.info();
        Ok(Self {
            server: to_raw(&info.implementation),
            info,
            tools: ToolTable::of(&*service)?,
            service,
            node,
            streams: Arc::new(streams),
            states: RequestStates::new(storage.keys, storage.bus),
            vitals: VitalsCache::new(storage.sessions),
        })
    }

    /// Returns whether this node wants traffic.
    pub fn readiness(&self) -> &Arc<Readiness> {
        &self.node.readiness
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
        let live = self.node.live.get(id);
        let here = live.is_some_and(|live| live.cancel_call(&call));
        let found =
            here || self.node.bus.request_cancel(id, &call, &reason).await?;
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
        let live = self.node.live.get(id);
        let taken = match live.filter(|live| live.has_question(&question)) {
            Some(live) => live.deliver_answer(&question, outcome),
            None => self.node.bus.deliver_answer(id, &question, &outcome).await?,
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
        match self.node.store.terminate(id, &caller.principal).await {
            Ok(true) => {}
            Ok(false) => return Err(Error::SessionNotFound),
            Err(error) => {
                // It may have ended, and nobody tells this node what it did itself.
                self.pull_mailbox(*id).await;
                return Err(error.into());
            }
        }
        self.close(id);
        self.node.metrics.sessions_terminated.inc();
        tracing::info!(session = %id, "ended by its client");
        Ok(())
    }

    /// Ends all that is live of a session on this node: the session is over.
    fn close(&self, session: &SessionId) {
        if let Some(live) = self.node.live.get(session) {
            live.close();
        }
        self.streams.open.close(session);
    }
}
