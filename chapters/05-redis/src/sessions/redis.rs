//! Sessions in Redis, shared by all nodes.
//!
//! What belongs to one session is under keys with its id in braces and changes
//! by one script, so every change is atomic. What belongs to the deployment (the
//! totals, the index of live sessions) cannot be part of that: in a cluster it is
//! on another server. It is written beside the session's script. If a node dies in
//! between, the index is right again after the next use or expiry of the session; a
//! calculation stays uncounted.

mod deployment;
mod scripts;

use std::iter;

use async_trait::async_trait;
use redis::{Cmd, RedisError};
use serde_json::value::RawValue;

use self::scripts::{APPEND, CREATE, TERMINATE, TOUCH};
use super::id::SessionId;
use super::memory::MemoryStore;
use super::record::{HISTORY_LIMIT, HistoryEntry, SessionRecord, Totals};
use super::store::{Result, SessionStore, StoreError, StoreSettings};
use crate::protocol::RawJson;
use crate::redis::{ConnectError, Connection, Keys, Script};

/// A [`SessionStore`] for any number of nodes.
pub struct RedisStore {
    connection: Connection,
    keys: Keys,
    /// The timeout in ms, as the scripts take it.
    timeout: String,
    /// The sessions that were opened on this node. Their records never change, so
    /// no node can overwrite them. Other nodes do not have them.
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

    /// All keys of a session, the record first, in the order in which scripts know
    /// them.
    fn keys(&self, id: &SessionId) -> [String; 2] {
        let record = self.keys.owned(id);
        let history = format!("{record}:history");
        [record, history]
    }

    /// Runs a script on a session. The script returns when the session expires, or
    /// nothing if it does not exist; then this returns `false`.
    async fn change(
        &self,
        script: &Script,
        id: &SessionId,
        arguments: &[&str],
    ) -> Result<bool> {
        let arguments = [&[&*self.timeout], arguments].concat();
        let keys = self.keys(id);
        let expiry: Option<u64> =
            script.run(&self.connection, &keys, &arguments).await?;
        let Some(expiry) = expiry else { return Ok(false) };
        self.refresh_index(id, expiry).await?;
        // A change is use, also of what this node keeps.
        self.opened.load_and_touch(id).await?;
        Ok(true)
    }
}

#[async_trait]
impl SessionStore for RedisStore {
    async fn create(&self, record: &SessionRecord) -> Result<()> {
        self.change(&CREATE, &record.id, &[]).await?;
        self.opened.create(record).await
    }

    async fn load_and_touch(
        &self,
        id: &SessionId,
    ) -> Result<Option<SessionRecord>> {
        let Some(record) = self.opened.load_and_touch(id).await? else {
            return Ok(None);
        };
        let alive = self.change(&TOUCH, id, &[]).await?;
        Ok(alive.then_some(record))
    }

    async fn append_history(
        &self,
        id: &SessionId,
        entries: &[HistoryEntry],
    ) -> Result<bool> {
        let limit = HISTORY_LIMIT.to_string();
        let bodies = entries.iter().map(|entry| entry.body.get());
        let arguments: Vec<&str> = iter::once(&*limit).chain(bodies).collect();
        let appended = self.change(&APPEND, id, &arguments).await?;
        if appended {
            self.count(entries).await?;
        }
        Ok(appended)
    }

    async fn read_history(&self, id: &SessionId) -> Result<Vec<RawJson>> {
        let [_, history] = self.keys(id);
        let bodies = Cmd::lrange(history, 0, -1);
        let bodies: Vec<String> = self.connection.query(&bodies).await?;
        let bodies = bodies.into_iter().map(RawValue::from_string);
        bodies.collect::<Result<_, _>>().map_err(|_| StoreError::Damaged("history"))
    }

    async fn terminate(&self, id: &SessionId) -> Result<bool> {
        self.opened.terminate(id).await?;
        let keys = self.keys(id);
        let ended: Option<u64> =
            TERMINATE.run(&self.connection, &keys, &[]).await?;
        self.remove_from_index(id).await?;
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
