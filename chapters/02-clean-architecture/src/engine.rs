//! One message in, one message out: the protocol without a transport.

pub mod dispatch;
pub mod handshake;

use std::sync::Arc;

use crate::protocol::lifecycle::ServerInfo;
use crate::service::Service;

/// Serves one [`Service`].
pub struct Engine {
    service: Arc<dyn Service>,
    info: ServerInfo,
}

impl Engine {
    /// An engine for this service.
    pub fn new(service: Arc<dyn Service>) -> Self {
        Self { info: service.info(), service }
    }
}
