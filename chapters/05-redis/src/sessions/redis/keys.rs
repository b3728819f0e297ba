//! The names of everything that is kept in Redis.

use crate::sessions::SessionId;

/// Builds keys. Nothing else does, and only from parsed ids.
pub(crate) struct Keys {
    /// Sets deployments apart that share a server. Without braces.
    prefix: String,
}

impl Keys {
    pub fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    /// All keys of a session, the record first, in the order in which scripts
    /// know them. The braces put them on one server of a cluster, so that one
    /// script may touch them all.
    pub fn session(&self, id: &SessionId) -> [String; 2] {
        let record = format!("{}:{{{id}}}", self.prefix);
        let history = format!("{record}:history");
        [record, history]
    }

    /// The history of a session.
    pub fn history(&self, id: &SessionId) -> String {
        let [_, history] = self.session(id);
        history
    }

    /// All sessions that are alive: a set sorted by expiry.
    pub fn index(&self) -> String {
        format!("{}:index", self.prefix)
    }

    /// Entries ever appended, by operation.
    pub fn totals(&self) -> String {
        format!("{}:totals", self.prefix)
    }
}
