//! Sessions in Redis, and every change as a read-modify-write: load, change, save.
//! Between the first and the last step another node may write.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use ch05_redis::protocol::{RawJson, to_raw};
use ch05_redis::sessions::record::HISTORY_LIMIT;
use ch05_redis::sessions::store::Result;
use ch05_redis::sessions::{
    HistoryEntry, MemoryStore, SessionId, SessionRecord, SessionStore, StoreError,
    StoreSettings, Totals,
};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, FromRedisValue, RedisResult};
use serde::Serialize;
use serde::de::DeserializeOwned;

const TOTALS: &str = "mcp:totals";

/// A store for any number of nodes, which lose each other's updates.
pub struct RedisStore {
    connection: ConnectionManager,
    timeout: Duration,
    /// The sessions that were opened on this node.
    opened: MemoryStore,
}

impl RedisStore {
    /// Connects.
    ///
    /// # Errors
    /// If there is no Redis at this URL.
    pub async fn connect(url: &str, settings: StoreSettings) -> RedisResult<Self> {
        let (client, timeout) = (Client::open(url)?, settings.timeout);
        let config = ConnectionManagerConfig::new().set_response_timeout(None);
        let connection = ConnectionManager::new_with_config(client, config).await?;
        Ok(Self { connection, timeout, opened: MemoryStore::new(settings) })
    }

    async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T> {
        Ok(command.query_async(&mut self.connection.clone()).await?)
    }

    async fn load<T: Default + DeserializeOwned>(&self, key: &str) -> Result<T> {
        let text: Option<String> = self.query(&Cmd::get(key)).await?;
        let Some(text) = text else { return Ok(T::default()) };
        serde_json::from_str(&text).map_err(|_| StoreError::Damaged("a value"))
    }

    async fn save(&self, key: &str, value: &impl Serialize) -> Result<()> {
        self.query(&Cmd::set(key, to_raw(value).get())).await
    }
}

fn session(id: &SessionId) -> String {
    format!("mcp:{id}")
}

fn history(id: &SessionId) -> String {
    format!("{}:history", session(id))
}

#[async_trait]
impl SessionStore for RedisStore {
    async fn create(&self, record: &SessionRecord) -> Result<()> {
        self.save(&session(&record.id), &record.version).await?;
        self.opened.create(record).await
    }

    async fn load_and_touch(
        &self,
        id: &SessionId,
    ) -> Result<Option<SessionRecord>> {
        let left = i64::try_from(self.timeout.as_millis()).unwrap_or(i64::MAX);
        let found: bool = self.query(&Cmd::pexpire(session(id), left)).await?;
        let record = self.opened.load_and_touch(id).await?;
        Ok(record.filter(|_| found))
    }

    async fn append_history(
        &self,
        id: &SessionId,
        entries: &[HistoryEntry],
    ) -> Result<bool> {
        let mut history: Vec<RawJson> = self.load(&self::history(id)).await?;
        history.extend(entries.iter().map(|entry| entry.body.clone()));
        let excess = history.len().saturating_sub(HISTORY_LIMIT);
        history.drain(..excess);
        self.save(&self::history(id), &history).await?;

        let mut totals: BTreeMap<String, u64> = self.load(TOTALS).await?;
        for entry in entries {
            *totals.entry(entry.operation.to_owned()).or_default() += 1;
        }
        self.save(TOTALS, &totals).await?;
        Ok(true)
    }

    async fn read_history(&self, id: &SessionId) -> Result<Vec<RawJson>> {
        self.load(&history(id)).await
    }

    async fn terminate(&self, id: &SessionId) -> Result<bool> {
        self.opened.terminate(id).await?;
        self.query(&Cmd::del(&[session(id), history(id)])).await
    }

    async fn totals(&self) -> Result<Totals> {
        let active_sessions = self.opened.totals().await?.active_sessions;
        Ok(Totals { by_operation: self.load(TOTALS).await?, active_sessions })
    }

    async fn sweep(&self) -> Result<u64> {
        self.opened.sweep().await
    }
}
