//! All sessions in memory, and what follows from which of them are alive.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use crate::protocol::RawJson;
use crate::sessions::{
    AuditEntry, Principal, SessionId, SessionRecord, StoreSettings, Timestamp,
};

/// Called with the id of a session that has ended or expired.
pub(super) type EndListener = Box<dyn Fn(&SessionId) + Send>;

/// Every method leaves all fields in agreement.
pub(super) struct Table {
    settings: StoreSettings,
    /// Boxed: a map keeps room for up to twice its entries, and an empty place
    /// then costs a pointer instead of a whole session.
    sessions: HashMap<SessionId, Box<StoredSession>>,
    /// Exactly one entry for each session, at its deadline or before. A visit
    /// postpones the deadline and leaves the entry alone, so it stays cheap.
    due: BTreeSet<(Timestamp, SessionId)>,
    /// How many sessions each owner has. Owners without any are not listed:
    /// strangers cost no memory.
    owners: HashMap<String, usize>,
    /// Entries ever appended, by operation.
    pub appended: BTreeMap<&'static str, u64>,
    /// Expired sessions that were removed and not reported by a sweep yet.
    pub expired: u64,
    /// The modules that keep something of a session, too.
    pub end_listeners: Vec<EndListener>,
}

/// All that is kept of one session.
#[derive(Debug)]
pub(super) struct StoredSession {
    pub record: SessionRecord,
    pub history: VecDeque<RawJson>,
    /// The audit trail, not yet as JSON: nearly all of it makes place for newer calls
    /// before a client reads it.
    pub trail: VecDeque<AuditEntry>,
    /// The time in this session's entry of [`Table::due`].
    due: Timestamp,
}

impl StoredSession {
    /// Whether `principal` may use it.
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

    /// How many there are, expired ones that are not removed yet included.
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether an owner has as many sessions as it may.
    pub fn is_full(&self, owner: &str) -> bool {
        let taken = self.owners.get(owner).copied().unwrap_or(0);
        taken >= self.settings.max_per_owner
    }

    /// Keeps a new session; `false` if its owner has no place left for it.
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

    /// A session that has not expired.
    pub fn alive(
        &mut self,
        id: &SessionId,
        now: Timestamp,
    ) -> Option<&mut StoredSession> {
        let session = self.sessions.get_mut(id)?;
        (session.deadline(self.settings.timeout) > now).then_some(session)
    }

    /// Takes a session out, and gives its owner's place back.
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

    /// Deals with one session that is due; `false` if none is.
    pub fn expire_one(&mut self, now: Timestamp) -> bool {
        let Some(&(due, id)) = self.due.first() else { return false };
        if due > now {
            return false;
        }
        let timeout = self.settings.timeout;
        if let Some(session) = self.alive(&id, now) {
            // It was active meanwhile: look again at its new deadline.
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
