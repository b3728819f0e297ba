//! How a conversation begins.
//! spec: basic/lifecycle (initialization)

use super::{Engine, dispatch::parse};
use crate::protocol::{
    RawJson,
    errors::RpcError,
    lifecycle::{InitializeParams, InitializeResult},
    to_raw,
    version::negotiate,
};

impl Engine {
    /// The handshake: which version we speak, what we offer, who we are.
    pub(super) fn initialize(
        &self,
        params: Option<&RawJson>,
    ) -> Result<RawJson, RpcError> {
        let InitializeParams { protocol_version } = parse(params)?;
        Ok(to_raw(&InitializeResult {
            protocol_version: negotiate(&protocol_version),
            capabilities: &self.info.capabilities,
            server_info: &self.info.implementation,
        }))
    }
}
