//! Data of the deployment, not of one session: the index of live sessions, and the
//! totals.

use redis::{Cmd, RedisResult};

use super::RedisStore;
use crate::redis::NO_ARGUMENTS;
use crate::sessions::{HistoryEntry, SessionId, Totals};

impl RedisStore {
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
        let count = &self.scripts.index.count_active;
        let active_sessions =
            self.connection.run_script(count, self.index(), NO_ARGUMENTS).await?;
        let totals = Cmd::hgetall(self.totals_key());
        let by_operation = self.connection.query(&totals).await?;
        Ok(Totals { by_operation, active_sessions })
    }

    /// Removes expired sessions from the index and returns how many there were.
    /// Redis deletes their keys itself.
    pub(super) async fn sweep_index(&self) -> RedisResult<u64> {
        let sweep = &self.scripts.index.sweep;
        self.connection.run_script(sweep, self.index(), NO_ARGUMENTS).await
    }
}
