//! All sessions in memory, with their deadlines and their owners.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use crate::protocol::RawJson;
use crate::sessions::{
    AuditEntry, Principal, SessionId, SessionRecord, StoreSettings, Timestamp,
};

/// A function that is called with the id of each session that has ended or expired.
pub(super) type EndListener = Box<dyn Fn(&SessionId) + Send>;

/// All sessions. Every method keeps the fields consistent with each other.
pub(super) struct Table {
    settings: StoreSettings,
    /// Boxed, because a map has room for up to twice its entries, and an empty
    /// place then costs a pointer instead of a whole session.
    sessions: HashMap<SessionId, Box<StoredSession>>,
    /// Exactly one entry for each session, at its deadline or before. A visit
    /// postpones the deadline but does not move the entry, so that it stays cheap.
    due: BTreeSet<(Timestamp, SessionId)>,
    /// The number of sessions of each owner. Owners without sessions have no entry,
    /// so that strangers cost no memory.
    owners: HashMap<String, usize>,
    /// The number of entries that were ever appended, by operation.
    pub appended: BTreeMap<&'static str, u64>,
    /// The number of expired sessions that no sweep has reported yet.
    pub expired: u64,
    /// The listeners of the modules that also keep data of sessions.
    pub end_listeners: Vec<EndListener>,
}

/// The data of one session.
#[derive(Debug)]
pub(super) struct StoredSession {
    pub record: SessionRecord,
    pub history: VecDeque<RawJson>,
    /// The audit trail, not yet as JSON, because newer calls replace nearly all of
    /// it before a client reads it.
    pub trail: VecDeque<AuditEntry>,
    /// The time in this session's entry of [`Table::due`].
    due: Timestamp,
}

impl StoredSession {
    /// Returns whether `principal` may use the session.
    pub fn belongs_to(&self, principal: &Principal) -> bool {
        self.record.init.principal == *principal
    }

    fn deadline(&self, timeout: Duration) -> Timestamp {
        self.record.last_activity.plus(timeout)
    }
}

impl Table {
    pub fn new(settings: StoreSettings) -> Self {
        Self {
            settings,
            sessions: HashMap::new(),
            due: BTreeSet::new(),
            owners: HashMap::new(),
            appended: BTreeMap::new(),
            expired: 0,
            end_listeners: Vec::new(),
        }
    }

    /// Returns the number of sessions, including expired ones that are not removed
    /// yet.
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Returns whether an owner has as many sessions as it may.
    pub fn is_full(&self, owner: &str) -> bool {
        let taken = self.owners.get(owner).copied().unwrap_or(0);
        taken >= self.settings.max_per_owner
    }

    /// Adds a session; returns `false` if its owner has as many as it may.
    pub fn insert(&mut self, record: SessionRecord) -> bool {
        let opened = &record.init;
        if self.is_full(&opened.owner) {
            return false;
        }
        *self.owners.entry(opened.owner.clone()).or_default() += 1;
        let id = opened.id;
        let due = record.last_activity.plus(self.settings.timeout);
        self.due.insert((due, id));
        let session = StoredSession {
            record,
            history: VecDeque::new(),
            trail: VecDeque::new(),
            due,
        };
        self.sessions.insert(id, Box::new(session));
        true
    }

    /// Returns a session that has not expired.
    pub fn alive(
        &mut self,
        id: &SessionId,
        now: Timestamp,
    ) -> Option<&mut StoredSession> {
        let session = self.sessions.get_mut(id)?;
        (session.deadline(self.settings.timeout) > now).then_some(session)
    }

    /// Removes a session, and frees the place of its owner.
    pub fn remove(&mut self, id: &SessionId) {
        let Some(session) = self.sessions.remove(id) else { return };
        self.due.remove(&(session.due, *id));
        let owner = &session.record.init.owner;
        match self.owners.get_mut(owner) {
            Some(taken) if *taken > 1 => *taken -= 1,
            _ => drop(self.owners.remove(owner)),
        }
        self.end_listeners.iter().for_each(|ended| ended(id));
    }

    /// Removes one session that is due, or postpones it if it is active; returns
    /// `false` if none is due.
    pub fn expire_one(&mut self, now: Timestamp) -> bool {
        let Some(&(due, id)) = self.due.first() else { return false };
        if due > now {
            return false;
        }
        let timeout = self.settings.timeout;
        if let Some(session) = self.alive(&id, now) {
            // The session was active meanwhile, so its entry moves to the new
            // deadline.
            let deadline = session.deadline(timeout);
            session.due = deadline;
            self.due.remove(&(due, id));
            self.due.insert((deadline, id));
        } else {
            self.remove(&id);
            self.expired += 1;
        }
        true
    }
}
