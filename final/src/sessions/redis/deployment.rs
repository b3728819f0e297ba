//! What belongs to the deployment and to no session: which sessions are alive,
//! how many of them each owner has, and the totals.
//!
//! Every entry of the first two carries the time at which it stops counting, so
//! that one that was left behind does no lasting harm.

use std::{
    collections::HashMap,
    slice,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::{join, join_all, try_join, try_join_all};
use redis::{Cmd, RedisResult};
use tokio::{runtime::Handle, time::sleep};

use super::{
    RedisStore,
    connection::Connection,
    error::write_failed,
    scripts::{ALIVE, RESERVE},
};
use crate::{
    lock::lock,
    sessions::{Entry, SessionId, StoreError, Totals, clock::millis},
};

/// For how long a place is taken for a session that is not stored yet. Whoever
/// takes it may have to give up, and cannot give it back then.
pub(super) const RESERVATION: Duration = Duration::from_secs(5);

/// For how long entries are gathered before the totals are told: a busy node has
/// many in that time, and they cost one command for each operation.
const GATHER: Duration = Duration::from_millis(20);

/// Pause before the totals are told again when Redis is away.
const PAUSE: Duration = Duration::from_millis(500);

/// What this node has still to add to the totals.
pub(super) struct Tally {
    connection: Connection,
    key: String,
    gathered: Mutex<Gathered>,
}

#[derive(Default)]
struct Gathered {
    entries: HashMap<&'static str, u64>,
    /// They will be added in a moment.
    is_scheduled: bool,
}

/// Counts entries when it is dropped: whoever gives up an attempt to append does
/// not know whether it was carried out.
pub(super) struct Counting<'a> {
    tally: &'a Arc<Tally>,
    entries: &'a [Entry],
}

impl Tally {
    pub fn new(connection: Connection, key: String) -> Self {
        Self { connection, key, gathered: Mutex::default() }
    }

    /// These entries count, unless somebody says that they do not.
    pub fn count<'a>(self: &'a Arc<Self>, entries: &'a [Entry]) -> Counting<'a> {
        Counting { tally: self, entries }
    }

    fn gather(
        self: &Arc<Self>,
        counts: impl IntoIterator<Item = (&'static str, u64)>,
        delay: Duration,
    ) {
        let mut gathered = lock(&self.gathered);
        for (operation, count) in counts {
            *gathered.entries.entry(operation).or_default() += count;
        }
        if gathered.entries.is_empty() || gathered.is_scheduled {
            return;
        }
        // There is none when the process ends.
        let Ok(runtime) = Handle::try_current() else { return };
        gathered.is_scheduled = true;
        let tally = self.clone();
        runtime.spawn(async move {
            sleep(delay).await;
            lock(&tally.gathered).is_scheduled = false;
            if let Err(error) = tally.flush().await {
                tracing::debug!(%error, "the totals wait for storage");
            }
        });
    }

    /// Adds what was gathered. What Redis has certainly not heard of is kept for
    /// later.
    pub async fn flush(self: &Arc<Self>) -> RedisResult<()> {
        let entries = std::mem::take(&mut lock(&self.gathered).entries);
        let increments = entries.into_iter().map(async |(operation, count)| {
            let add = Cmd::hincr(&self.key, operation, count);
            let added = self.connection.query::<()>(&add).await;
            let Err(error) = added else { return Ok(()) };
            match write_failed(error.clone()) {
                StoreError::Unavailable(_) => {
                    self.gather([(operation, count)], PAUSE);
                    Err(error)
                }
                unknown => {
                    tracing::warn!(error = %unknown, "the totals may miss entries");
                    Ok(())
                }
            }
        });
        join_all(increments).await.into_iter().collect()
    }
}

impl Counting<'_> {
    /// They were not appended.
    pub fn forget(mut self) {
        self.entries = &[];
    }
}

impl Drop for Counting<'_> {
    fn drop(&mut self) {
        let counts = self.entries.iter().map(|entry| (entry.operation, 1));
        self.tally.gather(counts, GATHER);
    }
}

impl RedisStore {
    /// Takes or keeps one of an owner's places; returns the time, or 0 if there is
    /// none left.
    pub(super) async fn reserve(
        &self,
        id: &SessionId,
        owner: &str,
        lifetime: Duration,
    ) -> RedisResult<u64> {
        let (lifetime, id) = (millis(lifetime).to_string(), id.to_string());
        let places = self.settings.max_per_owner.to_string();
        let arguments = [&*lifetime, &id, &places];
        RESERVE.run(&self.connection, &[self.keys.owner(owner)], &arguments).await
    }

    /// Tells the index that a session lives for one timeout from `now`, and keeps
    /// its place. Their failure is not the caller's: whoever sweeps looks at the
    /// session itself.
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
        let list = Cmd::zadd(self.keys.index(id), id.to_string(), expiry);
        // A session in use comes back here only every quarter of the timeout.
        let lifetime = timeout.saturating_add(timeout / 4);
        let (listed, kept) = join(
            self.connection.query::<()>(&list),
            self.reserve(id, owner, lifetime),
        )
        .await;
        if let Err(error) = listed.and(kept) {
            tracing::debug!(%error, "an index entry was not refreshed");
        }
    }

    /// Takes a session off the index and gives its place back.
    pub(super) async fn unlist(&self, id: &SessionId, owner: &str) {
        let remove = async |key: String| {
            let remove = Cmd::zrem(key, id.to_string());
            self.connection.query::<()>(&remove).await
        };
        let (index, owner) = (self.keys.index(id), self.keys.owner(owner));
        let (unlisted, released) = join(remove(index), remove(owner)).await;
        if let Err(error) = unlisted.and(released) {
            // Both entries expire by themselves.
            tracing::debug!(%error, "an ended session is still listed");
        }
    }

    /// The deployment's figures.
    pub(super) async fn count_all(&self) -> RedisResult<Totals> {
        let indexes = self.keys.indexes();
        let alive = try_join_all(indexes.iter().map(|index| {
            ALIVE.run::<u64>(&self.connection, slice::from_ref(index), &[])
        }));
        let totals = Cmd::hgetall(self.keys.totals());
        let totals = self.connection.query(&totals);
        let (alive, by_operation) = try_join(alive, totals).await?;
        Ok(Totals { by_operation, active_sessions: alive.into_iter().sum() })
    }
}
