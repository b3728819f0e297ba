//! How a conversation begins.
//! spec: basic/lifecycle (initialization)

use super::Engine;
use super::dispatch::parse;
use crate::protocol::errors::RpcError;
use crate::protocol::lifecycle::{InitializeParams, InitializeResult};
use crate::protocol::version::negotiate;
use crate::protocol::{RawJson, to_raw};

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
