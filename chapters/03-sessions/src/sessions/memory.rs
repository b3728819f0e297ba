//! Sessions in the memory of one node: nothing to install, gone with the
//! process.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

use super::id::SessionId;
use super::record::{HISTORY_LIMIT, SessionRecord};
use crate::lock::lock;
use crate::protocol::RawJson;

/// All sessions of this node.
///
/// One lock around everything: it is held for as long as a look-up takes, and
/// never across an await.
#[derive(Debug, Default)]
pub struct MemoryStore {
    table: Mutex<HashMap<SessionId, StoredSession>>,
}

/// A session in the table.
#[derive(Debug)]
struct StoredSession {
    record: SessionRecord,
    history: VecDeque<RawJson>,
}

impl MemoryStore {
    /// Makes the session visible. Called before the client learns the id, so
    /// that no request can arrive for a session that is not there.
    pub async fn create(&self, record: &SessionRecord) {
        let session =
            StoredSession { record: record.clone(), history: VecDeque::new() };
        lock(&self.table).insert(record.id, session);
    }

    /// Loads a session; `None` if it does not exist or has ended.
    pub async fn load(&self, id: &SessionId) -> Option<SessionRecord> {
        lock(&self.table).get(id).map(|session| session.record.clone())
    }

    /// Appends to the history and keeps its last [`HISTORY_LIMIT`] entries.
    /// `false` if there is no such session.
    pub async fn append_history(&self, id: &SessionId, entry: RawJson) -> bool {
        let mut table = lock(&self.table);
        let Some(session) = table.get_mut(id) else { return false };
        session.history.push_back(entry);
        let excess = session.history.len().saturating_sub(HISTORY_LIMIT);
        session.history.drain(..excess);
        true
    }

    /// The history, newest last; empty if the session is gone.
    pub async fn read_history(&self, id: &SessionId) -> Vec<RawJson> {
        let table = lock(&self.table);
        let found = table.get(id);
        found.map(|session| session.history.clone().into()).unwrap_or_default()
    }

    /// Ends the session; `false` if there was none.
    pub async fn terminate(&self, id: &SessionId) -> bool {
        lock(&self.table).remove(id).is_some()
    }
}
