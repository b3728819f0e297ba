//! The names of everything that is kept in Redis.

use crate::sessions::SessionId;

/// Builds keys. Nothing else does, and only from parsed ids.
pub(super) struct Keys {
    /// Sets deployments apart that share a server. Without braces.
    prefix: String,
}

impl Keys {
    pub fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    /// All keys of a session: its record and its history. The braces put them on
    /// one server of a cluster, so that one script may touch them all.
    pub fn session(&self, id: &SessionId) -> [String; 2] {
        let record = self.record(&id.to_string());
        let history = format!("{record}:history");
        [record, history]
    }

    /// The record of a session, by an id as it stands in the index.
    pub fn record(&self, id: &str) -> String {
        format!("{}:{{{id}}}", self.prefix)
    }

    /// The part of the index that lists a session, by its id's last digit: a set
    /// sorted by expiry.
    pub fn index(&self, id: &SessionId) -> String {
        let id = id.to_string();
        format!("{}:index:{}", self.prefix, &id[id.len() - 1..])
    }

    /// All parts of the index.
    pub fn indexes(&self) -> Vec<String> {
        let digits = "0123456789abcdef".chars();
        digits.map(|digit| format!("{}:index:{digit}", self.prefix)).collect()
    }

    /// The sessions of one owner.
    pub fn owner(&self, owner: &str) -> String {
        format!("{}:owner:{owner}", self.prefix)
    }

    /// Entries ever appended, by operation.
    pub fn totals(&self) -> String {
        format!("{}:totals", self.prefix)
    }

    /// Which node sweeps.
    pub fn sweeper(&self) -> String {
        format!("{}:sweeper", self.prefix)
    }
}
