//! Removing what has expired. Redis deletes a session's keys by itself; this
//! takes it off the index, and so is how expired sessions are counted.

use std::slice;

use futures_util::future::try_join_all;
use redis::{Cmd, RedisResult, cmd};

use super::{RedisStore, scripts::DUE};

/// For how long the node that sweeps keeps the others from doing the same. Only
/// saves work: two sweepers would count right as well.
const LEASE_MS: u64 = 5_000;

/// How many entries of each part of the index one sweep looks at: it must end,
/// and report what it counted, long before a store call's deadline.
const BATCH: &str = "256";

impl RedisStore {
    /// Takes expired sessions off the index; returns how many. All parts at once:
    /// however far away the server is, that is a handful of waits.
    pub(super) async fn sweep_index(&self) -> RedisResult<u64> {
        if !self.holds_lease().await? {
            return Ok(0);
        }
        let indexes = self.keys.indexes();
        let swept = indexes.iter().map(|index| self.sweep_part(index));
        Ok(try_join_all(swept).await?.into_iter().sum())
    }

    async fn holds_lease(&self) -> RedisResult<bool> {
        let key = self.keys.sweeper();
        let mut take = cmd("SET");
        take.arg(&key).arg(self.node.as_str()).arg("NX").arg("PX").arg(LEASE_MS);
        if self.connection.query(&take).await? {
            return Ok(true);
        }
        let holder: Option<String> = self.connection.query(&Cmd::get(key)).await?;
        Ok(holder.as_deref() == Some(self.node.as_str()))
    }

    async fn sweep_part(&self, index: &String) -> RedisResult<u64> {
        let part = slice::from_ref(index);
        let (now, due): (u64, Vec<String>) =
            DUE.run(&self.connection, part, &[BATCH]).await?;
        let settled = due.iter().map(|id| self.settle(index, id, now));
        Ok(try_join_all(settled).await?.into_iter().sum())
    }

    /// Deals with one entry whose time has come: 1 if its session has expired.
    async fn settle(&self, index: &str, id: &str, now: u64) -> RedisResult<u64> {
        let left = Cmd::pttl(self.keys.record(id));
        let left: i64 = self.connection.query(&left).await?;
        if left > 0 {
            // It was in use since. XX: a session ended just now stays off.
            let expiry = now.saturating_add_signed(left);
            let mut postpone = cmd("ZADD");
            postpone.arg(index).arg("XX").arg(expiry).arg(id);
            return self.connection.query::<()>(&postpone).await.map(|()| 0);
        }
        // However many nodes try, the entry is removed, and counted, once.
        self.connection.query(&Cmd::zrem(index, id)).await
    }
}
