//! What this node has still to add to the deployment's totals.
//!
//! They are told a moment later and many entries at once: no call waits for that,
//! and a busy node sends one command where it would send hundreds.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::join_all;
use redis::{Cmd, RedisResult};
use tokio::{runtime::Handle, time::sleep};

use super::{connection::Connection, error::write_failed};
use crate::{
    lock::lock,
    sessions::{Entry, StoreError},
};

/// For how long entries are gathered. Whoever reads the totals here does not wait for
/// it, other nodes show them so much later.
const GATHER: Duration = Duration::from_millis(20);

/// Pause before the totals are told again when Redis is away.
const PAUSE: Duration = Duration::from_millis(500);

/// What this node has still to add to the totals.
pub(super) struct Tally {
    connection: Connection,
    key: String,
    gathered: Mutex<Gathered>,
    /// Held while entries are on their way: whoever flushes waits for them, too.
    telling: tokio::sync::Mutex<()>,
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
        let (gathered, telling) = Default::default();
        Self { connection, key, gathered, telling }
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

    /// Adds what was gathered before. What Redis has certainly not heard of is kept
    /// for later.
    pub async fn flush(self: &Arc<Self>) -> RedisResult<()> {
        let _telling = self.telling.lock().await;
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
