//! What this node knows without asking Redis: what the sessions were opened with
//! that it has seen lately, and the time. Neither says whether a session is still
//! there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use crate::lock::lock;
use crate::sessions::{
    Principal, SessionId, SessionInit, SessionRecord, Timestamp,
};

/// How many sessions are remembered: so many that were seen last, and at most twice as
/// many. One is about half a KiB, so that is 4 MiB at most. A node that serves more in
/// turns waits twice for some of their calls.
pub const GENERATION: usize = 4096;

/// How far the time that we count may run ahead of what Redis says: an answer may
/// have been on its way for as long. Beyond that the clock has been set.
const AHEAD: Duration = Duration::from_millis(100);

#[derive(Default)]
pub(super) struct SessionCache(Mutex<Generations>);

/// Two generations: when the younger is full it becomes the older one, and what
/// nobody has asked for since is forgotten with that.
#[derive(Default)]
struct Generations {
    younger: HashMap<SessionId, Arc<SessionInit>>,
    older: HashMap<SessionId, Arc<SessionInit>>,
    /// What Redis said, and when.
    time: Option<(Timestamp, Instant)>,
}

impl SessionCache {
    /// A session was visited, just now.
    pub fn insert(&self, record: &SessionRecord) {
        let mut memory = lock(&self.0);
        memory.insert(record.init.clone());
        memory.set_time(record.last_activity);
    }

    /// Redis has said what time it is.
    pub fn set_time(&self, now: Timestamp) {
        lock(&self.0).set_time(now);
    }

    /// The time by Redis' clock, if it has said it.
    pub fn time(&self) -> Option<Timestamp> {
        lock(&self.0).now()
    }

    /// What a session of this principal was opened with, and the time by Redis'
    /// clock.
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

    /// The session is gone.
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
        self.time.map(|(told, at)| told.plus(at.elapsed()))
    }

    /// An answer that was late would set the clock back; it is not believed.
    fn set_time(&mut self, told: Timestamp) {
        let is_late = |now: Timestamp| now > told && now.since(told) < AHEAD;
        if !self.now().is_some_and(is_late) {
            self.time = Some((told, Instant::now()));
        }
    }
}
