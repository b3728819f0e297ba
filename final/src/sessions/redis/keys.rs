//! The keys of sessions, and what the deployment keeps of them.

use redis::{RedisWrite, ToRedisArgs};

use super::RedisStore;

/// What the totals of a shard are called. No session has this id.
const TOTALS: &str = "totals";

/// The keys that this module knows of a session. The names of all but the first are
/// how the keys end.
pub(super) const KEYS: &[&str] = &["record", "history", "audit"];

/// All keys of a session, in the order in which scripts know them. They are in one
/// shard, so that one script may touch them all.
pub(super) struct SessionKeys<'a> {
    pub record: String,
    /// How the keys of the modules above end.
    pub further: &'a [&'static str],
    /// A key behind all others that does not belong to the session.
    pub totals: Option<String>,
}

impl ToRedisArgs for SessionKeys<'_> {
    fn write_redis_args<W: ?Sized + RedisWrite>(&self, out: &mut W) {
        let record = &self.record;
        out.write_arg(record.as_bytes());
        for part in KEYS[1..].iter().chain(self.further) {
            out.write_arg_fmt(format_args!("{record}:{part}"));
        }
        if let Some(totals) = &self.totals {
            out.write_arg(totals.as_bytes());
        }
    }

    fn num_of_args(&self) -> usize {
        let totals = usize::from(self.totals.is_some());
        KEYS.len() + self.further.len() + totals
    }
}

impl RedisStore {
    /// All keys of a session.
    pub(super) fn session_keys(&self, id: &str) -> SessionKeys<'_> {
        let (record, further) = (self.record_key(id), &self.further_keys);
        SessionKeys { record, further, totals: None }
    }

    /// All keys of a session, and behind them the totals of its shard.
    pub(super) fn session_keys_and_totals(&self, id: &str) -> SessionKeys<'_> {
        let totals = self.keys.in_shard_of(id, TOTALS);
        SessionKeys { totals: Some(totals), ..self.session_keys(id) }
    }

    /// The key of a session's record.
    pub(super) fn record_key(&self, id: &str) -> String {
        self.keys.in_shard_of(id, id)
    }

    /// A key of a session, by how it ends.
    pub(super) fn part_key(&self, id: &str, part: &str) -> String {
        format!("{}:{part}", self.record_key(id))
    }

    /// The totals of every shard: entries ever appended, by operation.
    pub(super) fn all_totals(&self) -> impl Iterator<Item = String> {
        self.keys.in_every_shard(TOTALS)
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

    /// The key that says which node sweeps.
    pub(super) fn sweeper_key(&self) -> String {
        self.keys.shared("sweeper")
    }
}
