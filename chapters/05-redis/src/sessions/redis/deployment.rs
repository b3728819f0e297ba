//! Data of the deployment, not of one session: the index of live sessions, and the
//! totals.

use std::slice;

use redis::{Cmd, RedisResult};

use super::RedisStore;
use super::scripts::{COUNT_ACTIVE, SWEEP};
use crate::sessions::{HistoryEntry, SessionId, Totals};

impl RedisStore {
    /// The key of the index: the live sessions, sorted by expiry.
    fn index(&self) -> String {
        self.keys.shared("index")
    }

    /// The key of the totals: entries ever appended, by operation.
    fn totals_key(&self) -> String {
        self.keys.shared("totals")
    }

    /// Stores in the index when a session expires.
    pub(super) async fn refresh_index(
        &self,
        id: &SessionId,
        expiry: u64,
    ) -> RedisResult<()> {
        let list = Cmd::zadd(self.index(), id.to_string(), expiry);
        self.connection.query(&list).await
    }

    /// Removes a session from the index.
    pub(super) async fn remove_from_index(
        &self,
        id: &SessionId,
    ) -> RedisResult<()> {
        let remove = Cmd::zrem(self.index(), id.to_string());
        self.connection.query(&remove).await
    }

    /// Adds entries to the totals.
    pub(super) async fn count(&self, entries: &[HistoryEntry]) -> RedisResult<()> {
        for entry in entries {
            let add = Cmd::hincr(self.totals_key(), entry.operation, 1);
            self.connection.query::<()>(&add).await?;
        }
        Ok(())
    }

    /// Reads the totals and counts the live sessions.
    pub(super) async fn count_all(&self) -> RedisResult<Totals> {
        let index = self.index();
        let index = slice::from_ref(&index);
        let active_sessions =
            COUNT_ACTIVE.run(&self.connection, index, &[]).await?;
        let totals = Cmd::hgetall(self.totals_key());
        let by_operation = self.connection.query(&totals).await?;
        Ok(Totals { by_operation, active_sessions })
    }

    /// Removes expired sessions from the index and returns how many there were.
    /// Redis deletes their keys itself.
    pub(super) async fn sweep_index(&self) -> RedisResult<u64> {
        let index = self.index();
        SWEEP.run(&self.connection, slice::from_ref(&index), &[]).await
    }
}
