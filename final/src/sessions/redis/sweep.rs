//! Removing what has expired. Redis deletes a session's keys by itself; this
//! takes it off the index, and so is how expired sessions are counted.

use futures_util::future::try_join_all;
use redis::{Cmd, cmd};

use super::RedisStore;
use super::operations::SessionOperation;
use super::scripts::ListDue;
use crate::redis::Result;
use crate::sessions::Timestamp;

/// For how long the node that sweeps keeps the others from doing the same. Only
/// saves work: two sweepers would count right as well.
const LEASE_MS: u64 = 5_000;

/// How many entries of the index one sweep looks at: it must end, and report what it
/// counted, long before a store call's deadline.
const INDEX_BATCH: &str = "4096";

/// How many of an owner's places are looked at when none is left.
pub(super) const BATCH: &str = "256";

impl RedisStore {
    /// Takes expired sessions off the index; returns how many. All concurrently:
    /// however far away the server is, that is a handful of waits.
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

    /// Deals with one entry whose time has come, of the index or of an owner's
    /// places: 1 if its session has expired.
    pub(super) async fn expire(
        &self,
        index: &str,
        id: &str,
        now: u64,
    ) -> Result<u64> {
        // Not the time left to the keys: they may live longer than the session.
        let used = Cmd::hget(self.record_key(id), "last_activity");
        let used: Option<String> =
            self.connection.query(SessionOperation::Expire, &used).await?;
        let used = used.and_then(|used| used.parse().ok()).map(Timestamp);
        let expiry = used.map_or(0, |used| used.plus(self.settings.timeout).0);
        if expiry >= now {
            // It was in use since. XX: a session ended just now stays off.
            let mut postpone = cmd("ZADD");
            postpone.arg(index).arg("XX").arg(expiry).arg(id);
            let postponed =
                self.connection.query(SessionOperation::Expire, &postpone);
            return postponed.await.map(|()| 0);
        }
        // However many nodes try, the entry is removed, and counted, once.
        self.connection.query(SessionOperation::Expire, &Cmd::zrem(index, id)).await
    }
}
