//! Sessions in the memory of one node: nothing to install, gone with the
//! process.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;

use super::clock::{Clock, Timestamp};
use super::id::SessionId;
use super::record::{
    HISTORY_LIMIT, HistoryEntry, Phase, SessionInit, SessionRecord, Totals,
};
use super::store::{Result, SessionStore, StoreSettings, TouchedSession};
use crate::lock::lock;
use crate::protocol::RawJson;

/// A [`SessionStore`] for a single node.
///
/// One lock around everything: it is held for as long as a look-up takes, longer
/// only in `totals` and `sweep`, and never across an await.
#[derive(Debug)]
pub struct MemoryStore {
    settings: StoreSettings,
    clock: Clock,
    table: Mutex<Table>,
}

/// Everything that the lock protects.
#[derive(Debug, Default)]
struct Table {
    sessions: HashMap<SessionId, StoredSession>,
    /// Entries ever appended, by operation.
    appended: BTreeMap<&'static str, u64>,
}

/// A session in the table.
#[derive(Debug)]
struct StoredSession {
    record: SessionRecord,
    history: VecDeque<RawJson>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new(settings: StoreSettings) -> Self {
        Self { settings, clock: Clock::start(), table: Mutex::default() }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        lock(&self.table)
    }

    fn is_alive(&self, session: &StoredSession) -> bool {
        let used = session.record.last_activity;
        self.clock.now().since(used) < self.settings.timeout
    }

    /// Returns a session that has not expired. Every access checks this (lazy
    /// expiration); the sweep only frees memory.
    fn alive<'a>(
        &self,
        table: &'a mut Table,
        id: &SessionId,
    ) -> Option<&'a mut StoredSession> {
        table.sessions.get_mut(id).filter(|session| self.is_alive(session))
    }

    /// Visits a session that is alive.
    fn visit<T>(
        &self,
        id: &SessionId,
        visit: impl FnOnce(&mut StoredSession, Timestamp) -> T,
    ) -> Option<T> {
        let now = self.clock.now();
        Some(visit(self.alive(&mut self.table(), id)?, now))
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn create(&self, opened: &SessionInit) -> Result<()> {
        let session = StoredSession {
            record: SessionRecord::new(opened.clone(), self.clock.now()),
            history: VecDeque::new(),
        };
        self.table().sessions.insert(opened.id, session);
        Ok(())
    }

    async fn load_and_touch(
        &self,
        id: &SessionId,
        requests: usize,
    ) -> Result<Option<TouchedSession>> {
        let found = self.visit(id, |session, now| {
            session.record.last_activity = now;
            session.record.requests += requests as u64;
            session.record.clone()
        });
        // There is no other node that could have served the session.
        let entered = |record| TouchedSession { record, reconstructed: false };
        Ok(found.map(entered))
    }

    async fn mark_ready(&self, id: &SessionId) -> Result<bool> {
        let marked = self.visit(id, |session, now| {
            session.record.last_activity = now;
            session.record.phase = Phase::Ready;
        });
        Ok(marked.is_some())
    }

    async fn append_history(
        &self,
        id: &SessionId,
        entries: &[HistoryEntry],
    ) -> Result<bool> {
        let mut table = self.table();
        let Some(session) = self.alive(&mut table, id) else { return Ok(false) };
        session.record.last_activity = self.clock.now();
        session.record.recorded += entries.len() as u64;
        session.history.extend(entries.iter().map(|entry| entry.body.clone()));
        let excess = session.history.len().saturating_sub(HISTORY_LIMIT);
        session.history.drain(..excess);
        for entry in entries {
            *table.appended.entry(entry.operation).or_default() += 1;
        }
        Ok(true)
    }

    async fn read_history(&self, id: &SessionId) -> Result<Vec<RawJson>> {
        let mut table = self.table();
        let found = self.alive(&mut table, id);
        Ok(found.map(|session| session.history.clone().into()).unwrap_or_default())
    }

    async fn terminate(&self, id: &SessionId) -> Result<bool> {
        let mut table = self.table();
        let found = self.alive(&mut table, id).is_some();
        table.sessions.remove(id);
        Ok(found)
    }

    async fn totals(&self) -> Result<Totals> {
        let table = self.table();
        let alive =
            table.sessions.values().filter(|session| self.is_alive(session));
        let counted = table.appended.iter();
        Ok(Totals {
            active_sessions: alive.count() as u64,
            by_operation: counted.map(|(&name, &n)| (name.to_owned(), n)).collect(),
        })
    }

    async fn sweep(&self) -> Result<u64> {
        let sessions = &mut self.table().sessions;
        let before = sessions.len();
        sessions.retain(|_, session| self.is_alive(session));
        Ok((before - sessions.len()) as u64)
    }
}
