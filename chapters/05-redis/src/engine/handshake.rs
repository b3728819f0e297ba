//! The handshake.
//! spec: basic/lifecycle (initialization)

use super::Engine;
use super::dispatch::parse;
use crate::protocol::errors::RpcError;
use crate::protocol::lifecycle::{InitializeParams, InitializeResult};
use crate::protocol::version::negotiate;
use crate::protocol::{RawJson, to_raw};
use crate::sessions::{SessionId, SessionRecord};

impl Engine {
    /// Opens a session. The order matters: the session is stored before its id
    /// leaves this function, and nothing is stored for a refused request.
    ///
    /// # Errors
    /// If the parameters are not those of `initialize`, or the store failed.
    pub async fn initialize(
        &self,
        params: Option<&RawJson>,
    ) -> Result<(SessionId, RawJson), RpcError> {
        let InitializeParams { protocol_version } = parse(params)?;
        let version = negotiate(&protocol_version);
        let id = SessionId::random();
        self.store.create(&SessionRecord { id, version }).await?;
        let introduction = InitializeResult {
            protocol_version: version,
            capabilities: &self.info.capabilities,
            server_info: &self.info.implementation,
        };
        Ok((id, to_raw(&introduction)))
    }
}
