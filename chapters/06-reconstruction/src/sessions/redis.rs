//! Sessions in Redis, shared by all nodes.
//!
//! What belongs to one session is under keys with its id in braces and changes
//! by one script, so every change is atomic. What belongs to the deployment (the
//! totals, the index of live sessions) cannot be part of that: in a cluster it is
//! on another server. It is written beside the session's script. If a node dies in
//! between, the index is right again after the next use or expiry of the session; a
//! calculation stays uncounted.

mod deployment;
mod keys;
mod record;
mod run;
mod scripts;

use std::collections::HashMap;

use async_trait::async_trait;
use redis::{Cmd, RedisError};
use serde_json::value::RawValue;

use self::record::SCHEMA;
use self::scripts::{Append, Create, InSession, Scripts, Touch};
use super::id::{NodeId, SessionId};
use super::record::{HistoryEntry, SessionInit, Totals};
use super::store::{
    Result, SessionStore, StoreError, StoreSettings, TouchedSession,
};
use crate::protocol::RawJson;
use crate::redis::{ConnectError, Connection, Keys};

/// A [`SessionStore`] for any number of nodes.
pub struct RedisStore {
    connection: Connection,
    keys: Keys,
    /// This node. If another node served the session's last request, this node has
    /// reconstructed the session.
    node: NodeId,
    scripts: Scripts,
}

impl RedisStore {
    /// Connects within about 5 s. `node` is this node.
    ///
    /// # Errors
    /// [`ConnectError`]
    pub async fn connect(
        url: &str,
        settings: StoreSettings,
        node: NodeId,
    ) -> Result<Self, ConnectError> {
        Ok(Self {
            connection: Connection::open(url).await?,
            keys: Keys::new("mcp"),
            node,
            scripts: Scripts::new(&settings),
        })
    }
}

#[async_trait]
impl SessionStore for RedisStore {
    async fn create(&self, session: &SessionInit) -> Result<()> {
        let id = &session.id;
        let fields = record::encode(session, self.node.as_str());
        let expiry = self
            .connection
            .run_script(
                &self.scripts.index.create,
                self.record_key(&id.to_string()),
                Create { fields: fields.as_flattened() },
            )
            .await?;
        self.refresh_index(id, expiry).await?;
        Ok(())
    }

    async fn load_and_touch(
        &self,
        id: &SessionId,
        requests: usize,
    ) -> Result<Option<TouchedSession>> {
        let requests = Touch { requests: &requests.to_string() };
        let touch = &self.scripts.session.touch;
        let touched: Option<(String, HashMap<String, String>)> =
            self.run_on_session(touch, id, requests).await?;
        let Some((previous, fields)) = touched else { return Ok(None) };
        let record = record::decode(id, fields)?;
        let reconstructed = previous != self.node.as_str();
        Ok(Some(TouchedSession { record, reconstructed }))
    }

    async fn mark_ready(&self, id: &SessionId) -> Result<bool> {
        self.change(id, record::PHASE, record::READY).await
    }

    async fn append_history(
        &self,
        id: &SessionId,
        entries: &[HistoryEntry],
    ) -> Result<bool> {
        let bodies: Vec<&str> = entries.iter().map(|it| it.body.get()).collect();
        let script = &self.scripts.session.append;
        let arguments = Append { entries: &bodies };
        let appended: Option<u64> =
            self.run_on_session(script, id, arguments).await?;
        if appended.is_some() {
            self.count(entries).await?;
        }
        Ok(appended.is_some())
    }

    async fn read_history(&self, id: &SessionId) -> Result<Vec<RawJson>> {
        let bodies = Cmd::lrange(self.part_key(&id.to_string(), "history"), 0, -1);
        let bodies: Vec<String> = self.connection.query(&bodies).await?;
        parse_all(bodies, "history")
    }

    async fn terminate(&self, id: &SessionId) -> Result<bool> {
        let ended: Option<u64> = self
            .connection
            .run_script(
                &self.scripts.session.terminate,
                self.session_keys(&id.to_string()),
                InSession { node: self.node.as_str() },
            )
            .await?;
        self.remove_from_index(id).await?;
        Ok(ended.is_some())
    }

    async fn totals(&self) -> Result<Totals> {
        Ok(self.count_all().await?)
    }

    async fn sweep(&self) -> Result<u64> {
        Ok(self.sweep_index().await?)
    }
}

/// Parses stored JSON texts. `what` names them in the error.
fn parse_all(
    texts: impl IntoIterator<Item = String>,
    what: &'static str,
) -> Result<Vec<RawJson>> {
    let parsed = texts.into_iter().map(RawValue::from_string);
    parsed.collect::<Result<_, _>>().map_err(|_| StoreError::Damaged(what))
}

/// The code with which scripts reject a record of a newer release.
const NEWER_SCHEMA: &str = "newer schema ";

impl From<RedisError> for StoreError {
    fn from(error: RedisError) -> Self {
        let rejected = error.detail().filter(|_| error.code() == Some("REJECTED"));
        match rejected.and_then(|reason| reason.strip_prefix(NEWER_SCHEMA)) {
            Some(found) => Self::NewerSchema {
                found: found.parse().unwrap_or(u64::MAX),
                known: SCHEMA,
            },
            None => Self::Unavailable(error.into()),
        }
    }
}
