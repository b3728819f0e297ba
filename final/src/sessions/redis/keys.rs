//! The names of everything that is kept in Redis.

use crate::sessions::{NodeId, SessionId};

/// How many shards there are: one for each end that an id may have. Enough for a
/// cluster of a dozen servers to have about equal parts. More would cost more to
/// sum up, and fewer would take longer to move from server to server.
pub(crate) const SHARDS: usize = 256;

/// How many hexadecimal digits the name of a shard has.
const SHARD_DIGITS: usize = 2;

/// What a shard's totals are called. No session has this id.
const TOTALS: &str = "totals";

/// The shard of a session: the last digits of its id, which are random.
fn shard_of(id: &str) -> &str {
    id.get(id.len().saturating_sub(SHARD_DIGITS)..).unwrap_or(id)
}

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
    /// know them. They are in one shard, so that one script may touch them all.
    pub fn session(&self, id: &SessionId) -> [String; 6] {
        let record = self.record(&id.to_string());
        let parts = ["history", "calls", "events", "queue", "audit"]
            .map(|part| [&record, ":", part].concat());
        let [history, calls, events, queue, audit] = parts;
        [record, history, calls, events, queue, audit]
    }

    /// The record of a session, by an id as it stands in the index.
    pub fn record(&self, id: &str) -> String {
        self.in_shard(shard_of(id), id)
    }

    /// A key of a shard. The braces make its name the **hash tag** of all its keys:
    /// a cluster keeps them on one server, and one script may touch them all.
    fn in_shard(&self, shard: &str, key: &str) -> String {
        format!("{}:{{{shard}}}:{key}", self.prefix)
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
    pub fn node_channel_prefix(&self) -> String {
        format!("{}:node:", self.prefix)
    }

    /// The channel that all nodes listen to.
    pub fn broadcast_channel(&self) -> String {
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

    /// All keys of a session, and behind them the totals of its shard.
    pub fn session_and_totals(&self, id: &SessionId) -> [String; 7] {
        let [record, history, calls, events, queue, audit] = self.session(id);
        let totals = self.in_shard(shard_of(&id.to_string()), TOTALS);
        [record, history, calls, events, queue, audit, totals]
    }

    /// The totals of every shard: entries ever appended, by operation.
    pub fn all_totals(&self) -> impl Iterator<Item = String> {
        (0..SHARDS).map(|n| self.in_shard(&format!("{n:02x}"), TOTALS))
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
