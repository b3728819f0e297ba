//! One message in, one message out: the protocol without a transport.

pub mod dispatch;
pub mod handshake;

use std::sync::Arc;

use crate::{
    protocol::{
        RawJson,
        jsonrpc::{Request, error_message, result_message},
        lifecycle::ServerInfo,
    },
    service::Service,
};

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

    /// Serves one request. It is always answered, with a result or an error.
    pub async fn call(&self, request: Request) -> RawJson {
        let Request { id, method, params } = request;
        match self.dispatch(&method, params.as_ref()).await {
            Ok(result) => result_message(&id, &result),
            Err(error) => error_message(Some(&id), &error),
        }
    }
}
