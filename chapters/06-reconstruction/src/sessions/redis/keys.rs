//! The keys of sessions, and of the deployment's data about them.

use super::RedisStore;

/// The keys of a session. All but the first are suffixes.
pub(super) const KEYS: &[&str] = &["record", "history"];

impl RedisStore {
    /// Returns all keys of a session, in the order in which scripts expect them.
    pub(super) fn session_keys(&self, id: &str) -> Vec<String> {
        let parts = KEYS[1..].iter().map(|part| self.part_key(id, part));
        [self.record_key(id)].into_iter().chain(parts).collect()
    }

    /// Returns the key of a session's record.
    pub(super) fn record_key(&self, id: &str) -> String {
        self.keys.owned(id)
    }

    /// Returns a key of a session, by its suffix.
    pub(super) fn part_key(&self, id: &str, part: &str) -> String {
        format!("{}:{part}", self.record_key(id))
    }

    /// The key of the index: the live sessions, sorted by expiry.
    pub(super) fn index(&self) -> String {
        self.keys.shared("index")
    }

    /// The key of the totals: entries ever appended, by operation.
    pub(super) fn totals_key(&self) -> String {
        self.keys.shared("totals")
    }
}
