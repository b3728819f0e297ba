//! One message in, one message out: the protocol without a transport.

pub mod dispatch;
pub mod handshake;
pub mod session;
pub mod upkeep;

use std::sync::Arc;

use crate::protocol::RawJson;
use crate::protocol::errors::RpcError;
use crate::protocol::jsonrpc::{Notification, Request};
use crate::protocol::lifecycle::ServerInfo;
use crate::service::{Context, Service, Session};
use crate::sessions::{SessionId, SessionStore, StoreError};

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

    /// Serves one request of a session.
    ///
    /// # Errors
    /// The error to answer with.
    pub async fn call(
        &self,
        session: Arc<Session>,
        request: &Request,
    ) -> Result<RawJson, RpcError> {
        self.dispatch(&Context::new(session), request).await
    }

    /// Handles a notification. It is never answered, so its errors are ignored
    /// (L011, L082); only the store can fail.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn notify(
        &self,
        session: &Session,
        notification: Notification,
    ) -> Result<(), StoreError> {
        match notification.method.as_str() {
            "notifications/initialized" => self.initialized(session).await,
            _ => Ok(()),
        }
    }

    /// Ends a session; `false` if there was none.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn terminate(&self, id: &SessionId) -> Result<bool, StoreError> {
        self.store.terminate(id).await
    }
}
