//! Removes expired sessions from the index, and so counts them. Redis deletes a
//! session's keys by itself.

use futures_util::future::try_join_all;
use redis::{Cmd, cmd};

use super::RedisStore;
use super::operations::SessionOperation;
use super::scripts::ListDue;
use crate::redis::Result;
use crate::sessions::Timestamp;

/// How long the node that sweeps keeps the others from sweeping. That only saves
/// work: two concurrent sweeps would also count correctly.
const LEASE_MS: u64 = 5_000;

/// The maximum number of entries per sweep: it must end, and report its count, long
/// before a store call's deadline.
const INDEX_BATCH: &str = "4096";

/// The maximum number of an owner's places to check when none is left.
pub(super) const BATCH: &str = "256";

impl RedisStore {
    /// Removes expired sessions from the index; returns how many. All concurrently,
    /// so that a distant server costs only a handful of round trips.
    pub(super) async fn sweep_index(&self) -> Result<u64> {
        if !self.holds_lease().await? {
            return Ok(0);
        }
        let index = self.index();
        let due = self.list_due(SessionOperation::Sweep, &index, INDEX_BATCH);
        let (now, due) = due.await?;
        let settled = due.iter().map(|id| self.expire(&index, id, now));
        Ok(try_join_all(settled).await?.into_iter().sum())
    }

    /// Returns the time, and at most `limit` sessions of the index, or of an owner's
    /// places, that should have expired by now.
    pub(super) async fn list_due(
        &self,
        operation: SessionOperation,
        key: &str,
        limit: &str,
    ) -> Result<(u64, Vec<String>)> {
        let script = &self.scripts.index.list_due;
        let limit = ListDue { limit };
        self.connection.run_script(operation, script, key, limit).await
    }

    async fn holds_lease(&self) -> Result<bool> {
        let key = self.sweeper_key();
        let mut take = cmd("SET");
        take.arg(&key).arg(self.node.as_str()).arg("NX").arg("PX").arg(LEASE_MS);
        if self.connection.query(SessionOperation::Sweep, &take).await? {
            return Ok(true);
        }
        let holder: Option<String> =
            self.connection.query(SessionOperation::Sweep, &Cmd::get(key)).await?;
        Ok(holder.as_deref() == Some(self.node.as_str()))
    }

    /// Handles one entry that should have expired, of the index or of an owner's
    /// places. Returns 1 if its session has expired.
    pub(super) async fn expire(
        &self,
        index: &str,
        id: &str,
        now: u64,
    ) -> Result<u64> {
        // Not the TTL of the keys: they may live longer than the session.
        let used = Cmd::hget(self.record_key(id), "last_activity");
        let used: Option<String> =
            self.connection.query(SessionOperation::Expire, &used).await?;
        let used = used.and_then(|used| used.parse().ok()).map(Timestamp);
        let expiry = used.map_or(0, |used| used.plus(self.settings.timeout).0);
        if expiry >= now {
            // It has been in use since. XX: a session that has just ended stays
            // removed.
            let mut postpone = cmd("ZADD");
            postpone.arg(index).arg("XX").arg(expiry).arg(id);
            let postponed =
                self.connection.query(SessionOperation::Expire, &postpone);
            return postponed.await.map(|()| 0);
        }
        // However many nodes try, the entry is removed and counted once.
        self.connection.query(SessionOperation::Expire, &Cmd::zrem(index, id)).await
    }
}
