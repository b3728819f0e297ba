//! The handshake.
//! spec: basic/lifecycle (initialization)

use super::Engine;
use super::dispatch::parse;
use crate::protocol::errors::{INVALID_PARAMS, RpcError};
use crate::protocol::lifecycle::{
    InitializeParams, InitializeResult, MAX_CLIENT_NAME,
};
use crate::protocol::version::negotiate;
use crate::protocol::{RawJson, to_raw};
use crate::service::Session;
use crate::sessions::{Principal, SessionId, SessionInit, StoreError};

impl Engine {
    /// Opens a session. The order matters: the session is stored before its id
    /// leaves this function, so no node can be asked for a session that the store
    /// does not have, and a refused request leaves nothing behind.
    ///
    /// # Errors
    /// If the parameters are not those of `initialize`, or the store failed.
    pub async fn initialize(
        &self,
        params: Option<&RawJson>,
    ) -> Result<(SessionId, RawJson), RpcError> {
        let params = read(params)?;
        let version = negotiate(&params.protocol_version);
        let session = SessionInit {
            id: SessionId::random(),
            principal: Principal::anonymous(),
            version,
            client: params.client_info,
        };
        self.store.create(&session).await?;
        let introduction = InitializeResult {
            protocol_version: version,
            capabilities: &self.info.capabilities,
            server_info: &self.info.implementation,
        };
        Ok((session.id, to_raw(&introduction)))
    }

    /// Completes the handshake of a session.
    pub(super) async fn initialized(
        &self,
        session: &Session,
    ) -> Result<(), StoreError> {
        self.store.mark_ready(&session.init().id).await?;
        Ok(())
    }
}

fn read(params: Option<&RawJson>) -> Result<InitializeParams, RpcError> {
    let params: InitializeParams = parse(params)?;
    if params.client_info.longest_name() > MAX_CLIENT_NAME {
        let rule = "clientInfo names are at most 256 bytes long";
        return Err(RpcError::new(INVALID_PARAMS, rule));
    }
    Ok(params)
}
