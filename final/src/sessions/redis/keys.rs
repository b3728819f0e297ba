//! The keys of sessions, and what the deployment keeps of them.

use super::RedisStore;
use crate::sessions::SessionId;

/// What the totals of a shard are called. No session has this id.
const TOTALS: &str = "totals";

impl RedisStore {
    /// All keys of a session, the record first, in the order in which scripts
    /// know them. They are in one shard, so that one script may touch them all.
    pub(super) fn session_keys(&self, id: &SessionId) -> [String; 6] {
        let record = self.record_key(&id.to_string());
        let parts = ["history", "calls", "events", "queue", "audit"]
            .map(|part| [&record, ":", part].concat());
        let [history, calls, events, queue, audit] = parts;
        [record, history, calls, events, queue, audit]
    }

    /// The key of a session's record, by an id as it stands in the index.
    pub(super) fn record_key(&self, id: &str) -> String {
        self.keys.in_shard_of(id, id)
    }

    /// The key of a session's history.
    pub(super) fn history_key(&self, id: &SessionId) -> String {
        format!("{}:history", self.record_key(&id.to_string()))
    }

    /// The key of a session's audit trail.
    pub(super) fn audit_key(&self, id: &SessionId) -> String {
        format!("{}:audit", self.record_key(&id.to_string()))
    }

    /// The key of the index of all sessions: a set sorted by expiry. One key, so that
    /// one command counts them. It is written to four times in a session's timeout,
    /// not by every call.
    pub(super) fn index(&self) -> String {
        self.keys.owned("index")
    }

    /// The key that a node writes to see whether it can, on the index's server.
    pub(super) fn probe_key(&self) -> String {
        format!("{}:probe", self.index())
    }

    /// The key of the places that an owner's sessions take.
    pub(super) fn owner_key(&self, owner: &str) -> String {
        self.keys.shared(format_args!("owner:{owner}"))
    }

    /// All keys of a session, and behind them the totals of its shard.
    pub(super) fn session_and_totals(&self, id: &SessionId) -> [String; 7] {
        let [record, history, calls, events, queue, audit] = self.session_keys(id);
        let totals = self.keys.in_shard_of(&id.to_string(), TOTALS);
        [record, history, calls, events, queue, audit, totals]
    }

    /// The totals of every shard: entries ever appended, by operation.
    pub(super) fn all_totals(&self) -> impl Iterator<Item = String> {
        self.keys.in_every_shard(TOTALS)
    }

    /// The key that says which node sweeps.
    pub(super) fn sweeper_key(&self) -> String {
        self.keys.shared("sweeper")
    }
}
