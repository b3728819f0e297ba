//! One message in, one message out: the protocol without a transport.

pub mod dispatch;
pub mod handshake;
pub mod upkeep;

use std::sync::Arc;

use crate::protocol::RawJson;
use crate::protocol::errors::RpcError;
use crate::protocol::jsonrpc::Request;
use crate::protocol::lifecycle::ServerInfo;
use crate::service::{Context, Service};
use crate::sessions::{SessionId, SessionRecord, SessionStore, StoreError};

/// Serves one [`Service`] to sessions that are kept in one [`SessionStore`].
pub struct Engine {
    service: Arc<dyn Service>,
    store: Arc<dyn SessionStore>,
    info: ServerInfo,
}

impl Engine {
    /// An engine for this service and the sessions of this store.
    pub fn new(service: Arc<dyn Service>, store: Arc<dyn SessionStore>) -> Self {
        Self { info: service.info(), service, store }
    }

    /// Finds a session.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer.
    pub async fn load_and_touch(
        &self,
        id: &SessionId,
    ) -> Result<Option<SessionRecord>, StoreError> {
        self.store.load_and_touch(id).await
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
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn terminate(&self, id: &SessionId) -> Result<bool, StoreError> {
        self.store.terminate(id).await
    }
}
