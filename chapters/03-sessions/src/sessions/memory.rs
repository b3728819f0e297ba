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
    table: Mutex<HashMap<SessionId, Session>>,
}

/// All that is kept of one session.
#[derive(Debug)]
struct Session {
    record: SessionRecord,
    history: VecDeque<RawJson>,
}

impl MemoryStore {
    /// Makes the session visible. Called before the client learns the id, so
    /// that no request can arrive for a session that is not there.
    pub fn create(&self, record: SessionRecord) {
        let (id, history) = (record.id, VecDeque::new());
        lock(&self.table).insert(id, Session { record, history });
    }

    /// The session as it is now, or `None` if it never was or has ended.
    pub fn load(&self, id: &SessionId) -> Option<SessionRecord> {
        self.visit(id, |session| session.record.clone())
    }

    /// Appends to the history and keeps its last [`HISTORY_LIMIT`] entries.
    /// `false` if there is no such session.
    pub fn append(&self, id: &SessionId, entry: RawJson) -> bool {
        let appended = self.visit(id, |session| {
            session.history.push_back(entry);
            let excess = session.history.len().saturating_sub(HISTORY_LIMIT);
            session.history.drain(..excess);
        });
        appended.is_some()
    }

    /// The history, newest last; empty if the session is gone.
    pub fn history(&self, id: &SessionId) -> Vec<RawJson> {
        let history = self.visit(id, |session| Vec::from(session.history.clone()));
        history.unwrap_or_default()
    }

    /// Ends the session; `false` if there was none.
    pub fn terminate(&self, id: &SessionId) -> bool {
        lock(&self.table).remove(id).is_some()
    }

    fn visit<T>(
        &self,
        id: &SessionId,
        visit: impl FnOnce(&mut Session) -> T,
    ) -> Option<T> {
        lock(&self.table).get_mut(id).map(visit)
    }
}
