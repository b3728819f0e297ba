//! The handshake.
//! spec: basic/lifecycle (initialization)

use super::Engine;
use super::dispatch::parse;
use crate::protocol::errors::RpcError;
use crate::protocol::lifecycle::{InitializeParams, InitializeResult};
use crate::protocol::version::negotiate;
use crate::protocol::{RawJson, to_raw};

impl Engine {
    /// Answers the handshake: the version, the capabilities, the server's name.
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
