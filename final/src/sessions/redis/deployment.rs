//! The data of the deployment: the index of live sessions, the places of each
//! owner's sessions, and the totals.
//!
//! Every entry of the first two carries the time at which it stops counting, so
//! that a stale one does no lasting harm.
//!
//! # The totals
//!
//! Each shard has its totals beside its sessions. The script that appends entries
//! to a history also counts them there. So both happen in one step, and there is no
//! second message that could be lost, repeated or late:
//!
//! | what happens | history and totals |
//! |---|---|
//! | the node dies, or is cut off, before the script has reached Redis | neither |
//! | the answer is lost, the call's outcome is unknown | both, or neither |
//! | the node dies after the script | both |
//! | two nodes append concurrently | both of both: Redis runs scripts one at a time |
//! | the session ends or expires before the append | neither, the call gets an error |
//! | the session ends or expires after it | the totals keep what they counted |
//! | Redis loses its latest writes (`appendfsync everysec`, a failover) | both lost |
//!
//! Nothing is gathered on a node, so there is nothing to repair. The price is that a
//! reader of the totals adds up all shards, and does not see all of them at the same
//! moment: an entry is seen or not yet seen, never half, and never twice.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::{join, try_join, try_join_all};
use redis::Cmd;

use super::RedisStore;
use super::operations::SessionOperation;
use super::scripts::Reserve;
use super::sweep::BATCH;
use crate::redis::{NO_ARGUMENTS, Result};
use crate::sessions::clock::millis;
use crate::sessions::{SessionId, Totals};

/// How long a place is reserved for a session that is not stored yet. A node that
/// dies meanwhile cannot release it.
const RESERVATION: Duration = Duration::from_secs(5);

impl RedisStore {
    /// Reserves a place for a session that is not stored yet; returns the time, or
    /// 0 if the owner has none left. Expired sessions do not keep theirs.
    pub(super) async fn take_place(
        &self,
        id: &SessionId,
        owner: &str,
    ) -> Result<u64> {
        let now = self.reserve(id, owner, RESERVATION).await?;
        if now == 0 && self.free_places(owner).await? > 0 {
            return self.reserve(id, owner, RESERVATION).await;
        }
        Ok(now)
    }

    /// Releases the places of an owner's expired sessions; returns how many. A
    /// session that has been used since its place was kept is postponed, so that it
    /// is not checked again before it can have expired.
    async fn free_places(&self, owner: &str) -> Result<u64> {
        let places = self.owner_key(owner);
        let due = self.list_due(SessionOperation::Reserve, &places, BATCH);
        let (now, due) = due.await?;
        let settled = due.iter().map(|id| self.expire(&places, id, now));
        Ok(try_join_all(settled).await?.into_iter().sum())
    }

    /// Takes or keeps one of an owner's places; returns the time, or 0 if there is
    /// none left.
    pub(super) async fn reserve(
        &self,
        id: &SessionId,
        owner: &str,
        lifetime: Duration,
    ) -> Result<u64> {
        let (lifetime, session) = (millis(lifetime).to_string(), id.to_string());
        self.connection
            .run_script(
                SessionOperation::Reserve,
                &self.scripts.index.reserve,
                self.owner_key(owner),
                Reserve { lifetime: &lifetime, session: &session },
            )
            .await
    }

    /// Records in the index that a session lives for one timeout from `now`, and
    /// keeps its place. A failure is not returned to the caller, because the sweep
    /// reads the session itself.
    pub(super) async fn refresh_index(
        &self,
        id: &SessionId,
        owner: &str,
        now: u64,
    ) {
        if now == 0 {
            return;
        }
        let timeout = self.settings.timeout;
        let expiry = now.saturating_add(millis(timeout));
        let list = Cmd::zadd(self.index(), id.to_string(), expiry);
        let (listed, kept) = join(
            self.connection.query::<()>(SessionOperation::Index, &list),
            self.reserve(id, owner, timeout),
        )
        .await;
        if let Err(error) = listed.and(kept) {
            tracing::debug!(%error, "an index entry was not refreshed");
        }
    }

    /// Removes a session from the index and releases its place.
    pub(super) async fn remove_from_index(&self, id: &SessionId, owner: &str) {
        let remove = async |key: String| {
            let remove = Cmd::zrem(key, id.to_string());
            self.connection.query::<()>(SessionOperation::Index, &remove).await
        };
        let (index, owner) = (self.index(), self.owner_key(owner));
        let (unlisted, released) = join(remove(index), remove(owner)).await;
        if let Err(error) = unlisted.and(released) {
            // Both entries expire by themselves.
            tracing::debug!(%error, "an ended session is still listed");
        }
    }

    /// Returns the deployment's totals.
    pub(super) async fn count_all(&self) -> Result<Totals> {
        let active = self.connection.run_script(
            SessionOperation::Totals,
            &self.scripts.index.count_active,
            self.index(),
            NO_ARGUMENTS,
        );
        let (active_sessions, by_operation) =
            try_join(active, self.add_up()).await?;
        Ok(Totals { by_operation, active_sessions })
    }

    /// Adds up the totals of all shards. They are read concurrently, so this is one
    /// wait.
    async fn add_up(&self) -> Result<BTreeMap<String, u64>> {
        let shards = self.all_totals().map(async |shard| {
            let (totals, counts) = (SessionOperation::Totals, Cmd::hgetall(shard));
            self.connection.query::<Vec<(String, u64)>>(totals, &counts).await
        });
        let mut by_operation = BTreeMap::new();
        for (operation, count) in try_join_all(shards).await?.into_iter().flatten()
        {
            *by_operation.entry(operation).or_default() += count;
        }
        Ok(by_operation)
    }
}
