//! The cache of this node: the initial values of the sessions that it has served
//! lately, and the time. Neither shows whether a session still exists.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use crate::lock::lock;
use crate::sessions::{
    Principal, SessionId, SessionInit, SessionRecord, Timestamp,
};

/// The number of sessions per generation: so many that were used last are cached,
/// and at most twice as many. One is about half a KiB, so that is 4 MiB at most. A
/// node that serves more in turns waits twice for some of their calls.
pub const GENERATION: usize = 4096;

/// How far the time that this node counts may run ahead of Redis' answer, which may
/// have been on its way for as long. Beyond that, the clock has been set.
const AHEAD: Duration = Duration::from_millis(100);

#[derive(Default)]
pub(super) struct SessionCache(Mutex<Generations>);

/// Two generations: a full younger one becomes the older one, and the sessions of
/// the former older one that have not been used since are dropped.
#[derive(Default)]
struct Generations {
    younger: HashMap<SessionId, Arc<SessionInit>>,
    older: HashMap<SessionId, Arc<SessionInit>>,
    /// The last time from Redis, and when it arrived.
    time: Option<(Timestamp, Instant)>,
}

impl SessionCache {
    /// Caches a session that Redis has just returned.
    pub fn insert(&self, record: &SessionRecord) {
        let mut memory = lock(&self.0);
        memory.insert(record.init.clone());
        memory.set_time(record.last_activity);
    }

    /// Sets the clock to the time of a Redis answer.
    pub fn set_time(&self, now: Timestamp) {
        lock(&self.0).set_time(now);
    }

    /// Returns the time by Redis' clock, if it is known.
    pub fn time(&self) -> Option<Timestamp> {
        lock(&self.0).now()
    }

    /// Returns the initial values of a session of this principal, and the time by
    /// Redis' clock.
    pub fn get(
        &self,
        id: &SessionId,
        principal: &Principal,
    ) -> Option<(Arc<SessionInit>, Timestamp)> {
        let mut memory = lock(&self.0);
        let opened = match memory.younger.get(id) {
            Some(opened) => opened.clone(),
            None => {
                let opened = memory.older.remove(id)?;
                memory.insert(opened.clone());
                opened
            }
        };
        let now = memory.now()?;
        (opened.principal == *principal).then_some((opened, now))
    }

    /// Removes a session that is gone.
    pub fn forget(&self, id: &SessionId) {
        let mut memory = lock(&self.0);
        memory.younger.remove(id);
        memory.older.remove(id);
    }
}

impl Generations {
    fn insert(&mut self, opened: Arc<SessionInit>) {
        if self.younger.len() >= GENERATION {
            self.older = std::mem::take(&mut self.younger);
        }
        self.younger.insert(opened.id, opened);
    }

    fn now(&self) -> Option<Timestamp> {
        self.time.map(|(shown, at)| shown.plus(at.elapsed()))
    }

    /// Sets the clock, but not back, because the answer may only have been late.
    fn set_time(&mut self, shown: Timestamp) {
        let is_late = |now: Timestamp| now > shown && now.since(shown) < AHEAD;
        if !self.now().is_some_and(is_late) {
            self.time = Some((shown, Instant::now()));
        }
    }
}
