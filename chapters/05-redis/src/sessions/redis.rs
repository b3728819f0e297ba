//! Sessions in Redis, shared by all nodes.
//!
//! What belongs to one session is under keys with its id in braces and changes
//! by one script, so every change is atomic. What belongs to the deployment (the
//! totals, the index of live sessions) cannot be part of that: in a cluster it is
//! on another server. It is written beside the session's script. If a node dies in
//! between, the index is right again after the next use or expiry of the session; a
//! calculation stays uncounted.

mod connection;
mod deployment;
mod keys;
mod scripts;

use std::iter;

use async_trait::async_trait;
use redis::{Cmd, RedisError};
use serde_json::value::RawValue;

pub use self::connection::ConnectError;
use self::connection::Connection;
use self::keys::Keys;
use self::scripts::{APPEND, CREATE, ENTER, Script, TERMINATE};
use super::id::SessionId;
use super::memory::MemoryStore;
use super::record::{Entry, HISTORY_LIMIT, SessionRecord, Totals};
use super::store::{Result, SessionStore, StoreError, StoreSettings};
use crate::protocol::RawJson;

/// A [`SessionStore`] for any number of nodes.
pub struct RedisStore {
    connection: Connection,
    keys: Keys,
    /// The timeout in ms, as the scripts take it.
    timeout: String,
    /// What the handshakes on this node agreed on. It never changes, so nobody
    /// can overwrite it; and no other node knows it.
    opened: MemoryStore,
}

impl RedisStore {
    /// Connects within about 5 s.
    ///
    /// # Errors
    /// [`ConnectError`]
    pub async fn connect(
        url: &str,
        settings: StoreSettings,
    ) -> Result<Self, ConnectError> {
        Ok(Self {
            connection: Connection::open(url).await?,
            keys: Keys::new("mcp"),
            timeout: settings.timeout.as_millis().to_string(),
            opened: MemoryStore::new(settings),
        })
    }

    /// Runs a script on a session. The script answers when the session expires,
    /// or nothing if there is none: `false`.
    async fn change(
        &self,
        script: &Script,
        id: &SessionId,
        arguments: &[&str],
    ) -> Result<bool> {
        let arguments = [&[&*self.timeout], arguments].concat();
        let keys = self.keys.session(id);
        let expiry: Option<u64> =
            script.run(&self.connection, &keys, &arguments).await?;
        let Some(expiry) = expiry else { return Ok(false) };
        self.refresh_index(id, expiry).await?;
        // A change is use, also of what this node keeps.
        self.opened.enter(id).await?;
        Ok(true)
    }
}

#[async_trait]
impl SessionStore for RedisStore {
    async fn create(&self, record: &SessionRecord) -> Result<()> {
        self.change(&CREATE, &record.id, &[]).await?;
        self.opened.create(record).await
    }

    async fn enter(&self, id: &SessionId) -> Result<Option<SessionRecord>> {
        let Some(record) = self.opened.enter(id).await? else { return Ok(None) };
        let alive = self.change(&ENTER, id, &[]).await?;
        Ok(alive.then_some(record))
    }

    async fn append(&self, id: &SessionId, entries: &[Entry]) -> Result<bool> {
        let limit = HISTORY_LIMIT.to_string();
        let bodies = entries.iter().map(|entry| entry.body.get());
        let arguments: Vec<&str> = iter::once(&*limit).chain(bodies).collect();
        let appended = self.change(&APPEND, id, &arguments).await?;
        if appended {
            self.count(entries).await?;
        }
        Ok(appended)
    }

    async fn history(&self, id: &SessionId) -> Result<Vec<RawJson>> {
        let bodies = Cmd::lrange(self.keys.history(id), 0, -1);
        let bodies: Vec<String> = self.connection.query(&bodies).await?;
        let bodies = bodies.into_iter().map(RawValue::from_string);
        bodies.collect::<Result<_, _>>().map_err(|_| StoreError::Damaged("history"))
    }

    async fn terminate(&self, id: &SessionId) -> Result<bool> {
        self.opened.terminate(id).await?;
        let keys = self.keys.session(id);
        let ended: Option<u64> =
            TERMINATE.run(&self.connection, &keys, &[]).await?;
        self.unlist(id).await?;
        Ok(ended.is_some())
    }

    async fn totals(&self) -> Result<Totals> {
        Ok(self.count_all().await?)
    }

    async fn sweep(&self) -> Result<u64> {
        self.opened.sweep().await?;
        Ok(self.sweep_index().await?)
    }
}

impl From<RedisError> for StoreError {
    fn from(error: RedisError) -> Self {
        Self::Unavailable(error.into())
    }
}
