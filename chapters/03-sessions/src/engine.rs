//! One message in, one message out: the protocol without a transport.

pub mod dispatch;
pub mod handshake;

use std::sync::Arc;

use crate::protocol::RawJson;
use crate::protocol::errors::RpcError;
use crate::protocol::jsonrpc::Request;
use crate::protocol::lifecycle::ServerInfo;
use crate::service::{Context, Service};
use crate::sessions::{MemoryStore, SessionId, SessionRecord};

/// Serves one [`Service`] to sessions that are kept in one [`MemoryStore`].
pub struct Engine {
    service: Arc<dyn Service>,
    store: Arc<MemoryStore>,
    info: ServerInfo,
}

impl Engine {
    /// An engine for this service, without sessions yet.
    pub fn new(service: Arc<dyn Service>) -> Self {
        Self { info: service.info(), service, store: Arc::default() }
    }

    /// Finds a session.
    pub async fn load(&self, id: &SessionId) -> Option<SessionRecord> {
        self.store.load(id).await
    }

    /// Serves one request of a session.
    ///
    /// # Errors
    /// The error to answer with.
    pub async fn call(
        &self,
        session: SessionRecord,
        request: &Request,
    ) -> Result<RawJson, RpcError> {
        let cx = Context { session, store: self.store.clone() };
        self.dispatch(&cx, request).await
    }

    /// Ends a session; `false` if there was none.
    pub async fn terminate(&self, id: &SessionId) -> bool {
        self.store.terminate(id).await
    }
}
