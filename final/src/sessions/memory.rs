//! Sessions in the memory of one node. They need no other server, and end with the
//! process.

mod table;

use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;

use self::table::{StoredSession, Table};
use super::audit::AuditEntry;
use super::clock::{Clock, Timestamp};
use super::id::{Principal, SessionId};
use super::record::{HISTORY_LIMIT, Phase, SessionInit, SessionRecord, Totals};
use super::store::{
    AppendedSession, HistoryAppend, Result, SessionStore, StoreSettings,
    TouchedSession,
};
use crate::lock::lock;
use crate::protocol::RawJson;
use crate::protocol::logging::Level;

/// A [`SessionStore`] for a single node.
///
/// One lock protects everything. It is held for well under a microsecond, and never
/// across an await.
pub struct MemoryStore {
    clock: Clock,
    table: Mutex<Table>,
}

impl MemoryStore {
    /// Makes an empty store.
    pub fn new(settings: StoreSettings) -> Self {
        Self { clock: Clock::start(), table: Mutex::new(Table::new(settings)) }
    }

    /// Locks the table. A panic under this lock would leave at most one session
    /// that cannot be found.
    fn table(&self) -> MutexGuard<'_, Table> {
        lock(&self.table)
    }

    /// Visits a session that is alive. Every access checks here whether the session
    /// has expired (**lazy expiration**); the sweep only frees memory.
    fn visit<T>(
        &self,
        id: &SessionId,
        visit: impl FnOnce(&mut StoredSession, Timestamp) -> T,
    ) -> Option<T> {
        let now = self.clock.now();
        Some(visit(self.table().alive(id, now)?, now))
    }

    /// Changes a session that is alive, which is activity.
    fn change(
        &self,
        id: &SessionId,
        change: impl FnOnce(&mut StoredSession),
    ) -> bool {
        let visited = self.visit(id, |session, now| {
            session.record.last_activity = now;
            change(session);
        });
        visited.is_some()
    }

    /// Postpones expiry; returns `false` if there is no such session.
    pub(crate) fn postpone(&self, id: &SessionId) -> bool {
        self.change(id, |_| {})
    }

    /// Returns whether the session is subscribed to this resource.
    pub(crate) fn is_subscribed(&self, id: &SessionId, uri: &str) -> bool {
        let subscribed = |session: &mut StoredSession, _| {
            session.record.subscriptions.contains(uri)
        };
        self.visit(id, subscribed) == Some(true)
    }

    /// Runs `visit` with the current time if the session is alive. The session
    /// cannot end meanwhile.
    pub(crate) fn while_alive<T>(
        &self,
        id: &SessionId,
        visit: impl FnOnce(Timestamp) -> T,
    ) -> Option<T> {
        self.visit(id, |_, now| visit(now))
    }

    /// Calls `ended` for each session that ends from now on. `ended` must not call
    /// this store.
    pub(crate) fn on_end(&self, ended: impl Fn(&SessionId) + Send + 'static) {
        self.table().end_listeners.push(Box::new(ended));
    }

    fn remove_expired(&self) {
        let now = self.clock.now();
        // The lock is released between two sessions, so that no request waits long.
        while self.table().expire_one(now) {}
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn create(&self, opened: &SessionInit) -> Result<bool> {
        if self.table().is_full(&opened.owner) {
            // Some of the owner's sessions may have expired.
            self.remove_expired();
        }
        let record = SessionRecord::new(opened.clone(), self.clock.now());
        Ok(self.table().insert(record))
    }

    async fn load(
        &self,
        id: &SessionId,
        principal: &Principal,
    ) -> Result<Option<SessionRecord>> {
        let found = self.visit(id, |session, _| {
            session.belongs_to(principal).then(|| session.record.clone())
        });
        Ok(found.flatten())
    }

    async fn load_and_touch(
        &self,
        id: &SessionId,
        principal: &Principal,
        requests: usize,
    ) -> Result<Option<TouchedSession>> {
        let found = self.visit(id, |session, now| {
            session.belongs_to(principal).then(|| {
                session.record.last_activity = now;
                session.record.requests += requests as u64;
                session.record.clone()
            })
        });
        // There is no other node that could have served the session.
        let entered = |record| TouchedSession { record, reconstructed: false };
        Ok(found.flatten().map(entered))
    }

    async fn touch(&self, id: &SessionId) -> Result<bool> {
        Ok(self.postpone(id))
    }

    async fn mark_ready(&self, id: &SessionId) -> Result<bool> {
        Ok(self.change(id, |session| session.record.phase = Phase::Ready))
    }

    async fn set_log_level(&self, id: &SessionId, level: Level) -> Result<bool> {
        Ok(self.change(id, |session| session.record.log_level = Some(level)))
    }

    async fn subscribe(&self, id: &SessionId, uri: &str) -> Result<bool> {
        Ok(self.change(id, |session| {
            session.record.subscriptions.insert(uri.to_owned());
        }))
    }

    async fn unsubscribe(&self, id: &SessionId, uri: &str) -> Result<bool> {
        Ok(self.change(id, |session| {
            session.record.subscriptions.remove(uri);
        }))
    }

    async fn append_history(
        &self,
        id: &SessionId,
        HistoryAppend { entries, requests, resources }: &HistoryAppend,
    ) -> Result<Option<AppendedSession>> {
        let now = self.clock.now();
        let mut table = self.table();
        let Some(session) = table.alive(id, now) else { return Ok(None) };
        session.record.last_activity = now;
        session.record.requests += *requests as u64;
        session.record.recorded += entries.len() as u64;
        session.history.extend(entries.iter().map(|entry| entry.body.clone()));
        let excess = session.history.len().saturating_sub(HISTORY_LIMIT);
        session.history.drain(..excess);
        let subscriptions = &session.record.subscriptions;
        let subscribed =
            resources.iter().filter(|uri| subscriptions.contains(*uri));
        let subscribed = subscribed.cloned().collect();
        let log_level = session.record.log_level;
        for entry in entries {
            *table.appended.entry(entry.operation).or_default() += 1;
        }
        Ok(Some(AppendedSession { reconstructed: false, log_level, subscribed }))
    }

    async fn read_history(&self, id: &SessionId) -> Result<Vec<RawJson>> {
        let found = self.visit(id, |session, _| Vec::from(session.history.clone()));
        Ok(found.unwrap_or_default())
    }

    async fn clear_history(&self, id: &SessionId) -> Result<Option<u64>> {
        let cleared = self.visit(id, |session, now| {
            session.record.last_activity = now;
            std::mem::take(&mut session.history).len() as u64
        });
        Ok(cleared)
    }

    async fn append_audit(
        &self,
        id: &SessionId,
        calls: Vec<AuditEntry>,
        keep: usize,
    ) -> Result<bool> {
        let appended = self.visit(id, |session, _| {
            session.trail.extend(calls);
            let excess = session.trail.len().saturating_sub(keep);
            session.trail.drain(..excess);
        });
        Ok(appended.is_some())
    }

    async fn read_audit(&self, id: &SessionId) -> Result<Vec<RawJson>> {
        let trail = self.visit(id, |session, _| session.trail.clone());
        let trail = trail.unwrap_or_default();
        Ok(trail.iter().flat_map(AuditEntry::parts).collect())
    }

    async fn terminate(
        &self,
        id: &SessionId,
        principal: &Principal,
    ) -> Result<bool> {
        let now = self.clock.now();
        let mut table = self.table();
        let found = table.alive(id, now).is_some_and(|s| s.belongs_to(principal));
        if found {
            table.remove(id);
        }
        Ok(found)
    }

    async fn totals(&self) -> Result<Totals> {
        self.remove_expired();
        let table = self.table();
        let by_operation =
            table.appended.iter().map(|(&name, &n)| (name.to_owned(), n));
        Ok(Totals {
            by_operation: by_operation.collect(),
            active_sessions: table.len() as u64,
        })
    }

    async fn sweep(&self) -> Result<u64> {
        self.remove_expired();
        Ok(std::mem::take(&mut self.table().expired))
    }
}
