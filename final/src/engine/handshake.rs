//! Opens sessions.
//! spec: basic/lifecycle (initialization)

use tokio::time::Instant;

use super::{Caller, Engine, dispatch};
use crate::error::Error;
use crate::protocol::lifecycle::{
    InitializeParams, InitializeResult, MAX_CLIENT_NAME,
};
use crate::protocol::method::Method;
use crate::protocol::version::{Era, Version};
use crate::protocol::{RawJson, to_raw};
use crate::service::Session;
use crate::sessions::{SessionId, SessionInit};
use crate::telemetry::Outcome;

impl Engine {
    /// Opens a session. The order matters: the session is stored before its id
    /// leaves this function, so no node can be asked for a session that the store
    /// does not have, and a refused request leaves nothing behind.
    ///
    /// # Errors
    /// [`Error::BadHandshake`], [`Error::TooManySessions`], [`Error::Store`].
    pub async fn initialize(
        &self,
        caller: &Caller,
        params: Option<RawJson>,
    ) -> Result<(SessionId, RawJson), Error> {
        let since = Instant::now();
        let opened = self.open(caller, params).await;
        let outcome =
            opened.as_ref().map_or_else(Error::outcome, |_| Outcome::Done);
        self.count(Method::Initialize, outcome, since);
        opened
    }

    async fn open(
        &self,
        caller: &Caller,
        params: Option<RawJson>,
    ) -> Result<(SessionId, RawJson), Error> {
        let params = read(params)?;
        let version = Version::negotiate(&params.protocol_version);
        let session = SessionInit {
            id: SessionId::random(),
            principal: caller.principal.clone(),
            owner: caller.owner.to_string(),
            era: Era::Stateful(version),
            client: params.client_info,
            capabilities: params.capabilities,
        };
        if !self.node.store.create(&session).await? {
            return Err(Error::TooManySessions);
        }
        self.node.metrics.sessions_created.inc();
        let id = session.id.hint();
        tracing::info!(session = %id, version = version.as_str(), "opened");
        Ok((session.id, self.introduction(version, session.era)))
    }

    fn introduction(&self, version: Version, era: Era) -> RawJson {
        let mut server_info = self.info.implementation.clone();
        if !era.has_structured_content() {
            server_info.title = None;
        }
        to_raw(&InitializeResult {
            protocol_version: version,
            capabilities: &self.info.capabilities,
            server_info: &server_info,
            instructions: self.info.instructions.as_deref(),
        })
    }

    /// Completes the handshake of a session.
    pub(super) async fn initialized(&self, session: &Session) -> Result<(), Error> {
        let id = &session.init().id;
        if self.node.store.mark_ready(id).await? {
            for uri in self.service.changed_by_phase(session.init()) {
                self.node.changes.of_session(id, &uri).await;
            }
        }
        Ok(())
    }
}

fn read(params: Option<RawJson>) -> Result<InitializeParams, Error> {
    let params: InitializeParams =
        dispatch::parse(params.as_ref()).map_err(|_| {
            let rule =
                "initialize needs protocolVersion, capabilities and clientInfo";
            Error::BadHandshake(rule.into())
        })?;
    if params.client_info.longest_name() > MAX_CLIENT_NAME {
        let rule = "clientInfo names are at most 256 bytes long";
        return Err(Error::BadHandshake(rule.into()));
    }
    Ok(params)
}
