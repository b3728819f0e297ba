//! The names of everything that is kept in Redis.

use crate::sessions::{NodeId, SessionId};

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
    pub fn session(&self, id: &SessionId) -> [String; 6] {
        let record = self.record(&id.to_string());
        let parts = ["history", "calls", "events", "queue", "audit"]
            .map(|part| [&record, ":", part].concat());
        let [history, calls, events, queue, audit] = parts;
        [record, history, calls, events, queue, audit]
    }

    /// The record of a session, by an id as it stands in the index.
    pub fn record(&self, id: &str) -> String {
        format!("{}:{{{id}}}", self.prefix)
    }

    /// The history of a session.
    pub fn history(&self, id: &SessionId) -> String {
        format!("{}:history", self.record(&id.to_string()))
    }

    /// The audit trail of a session.
    pub fn audit(&self, id: &SessionId) -> String {
        format!("{}:audit", self.record(&id.to_string()))
    }

    /// How the name of every node's own channel begins; the node's name follows.
    pub fn channels(&self) -> String {
        format!("{}:node:", self.prefix)
    }

    /// The channel that all nodes listen to.
    pub fn everybody(&self) -> String {
        format!("{}:nodes", self.prefix)
    }

    /// What is there while a node is alive.
    pub fn lease(&self, node: &NodeId) -> String {
        format!("{}:lease:{node}", self.prefix)
    }

    /// The index of all sessions: a set sorted by expiry. One key, so that one command
    /// counts them. It is written to four times in a session's timeout, not by every
    /// call.
    pub fn index(&self) -> String {
        format!("{}:{{index}}", self.prefix)
    }

    /// What a node writes to see whether it can, on the same server as the index.
    pub fn probe(&self) -> String {
        format!("{}:probe", self.index())
    }

    /// The sessions of one owner.
    pub fn owner(&self, owner: &str) -> String {
        format!("{}:owner:{owner}", self.prefix)
    }

    /// Entries ever appended, by operation.
    pub fn totals(&self) -> String {
        format!("{}:totals", self.prefix)
    }

    /// What was claimed under this name.
    pub fn claim(&self, name: &str) -> String {
        format!("{}:claim:{name}", self.prefix)
    }

    /// The secret that all nodes share.
    pub fn secret(&self) -> String {
        format!("{}:secret", self.prefix)
    }

    /// Which node sweeps.
    pub fn sweeper(&self) -> String {
        format!("{}:sweeper", self.prefix)
    }
}
