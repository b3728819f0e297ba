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

/// The stores and the bus, which may be shared with other nodes.
#[derive(Clone)]
pub struct Storage {
    /// This node.
    pub node: NodeId,
    /// Other nodes share the storage, so they can continue what begins here.
    pub shared: bool,
    /// The sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// The events of their streams.
    pub log: Arc<dyn EventLog>,
    /// The message bus to the other nodes.
    pub bus: Arc<dyn Bus>,
    /// The sealing keys that all nodes share.
    pub keys: Arc<KeyRing>,
}

/// The settings of a deployment.
#[derive(Debug, Clone, Copy)]
pub struct EngineSettings {
    /// A session expires after this time without activity.
    pub session_timeout: Duration,
    /// Entries of a session's audit trail; 0 keeps none.
    pub audit_events: usize,
    /// A node that has not renewed its lease for this time is dead.
    pub lease: Duration,
    /// A stream is closed after this time without a read by its client.
    pub stall: Duration,
    /// The maximum number of open `subscriptions/listen` of one owner on this node.
    pub max_subscriptions: usize,
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
            settings.max_subscriptions,
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

    /// Handles a notification. It is never answered, so its errors are ignored
    /// (L011, L082); only storage can fail.
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

    /// Cancels a call, on another node if it runs there (D012).
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
        let session = id.hint();
        tracing::debug!(%session, found, reason, "cancelled by the client");
        Ok(())
    }

    /// Handles the client's answer to a question, which another node may have
    /// asked. An answer that no call waits for is dropped (L079, D010).
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
            tracing::debug!(session = %id.hint(), "no call waits for this answer");
        }
        Ok(())
    }

    /// Ends a session on every node, immediately.
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
                // It may have ended, and this node gets no message of what it did
                // itself.
                self.pull_mailbox(*id).await;
                return Err(error.into());
            }
        }
        self.close(id);
        self.node.metrics.sessions_terminated.inc();
        tracing::info!(session = %id.hint(), "ended by its client");
        Ok(())
    }

    /// Ends the calls and streams of a session on this node, because the session is
    /// over.
    fn close(&self, session: &SessionId) {
        if let Some(live) = self.node.live.get(session) {
            live.close();
        }
        self.streams.open.close(session);
    }
}
