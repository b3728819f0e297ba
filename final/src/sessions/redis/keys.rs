//! The keys of sessions, and of the deployment's data about them.

use redis::{RedisWrite, ToRedisArgs};

use super::RedisStore;

/// The name of a shard's totals. No session has this id.
const TOTALS: &str = "totals";

/// The keys of a session that belong to this module. All but the first are
/// suffixes.
pub(super) const KEYS: &[&str] = &["record", "history", "audit"];

/// All keys of a session, in the order in which scripts expect them. They are in
/// one shard, so that one script may use them all.
pub(super) struct SessionKeys<'a> {
    pub record: String,
    /// The suffixes of the keys of the modules above.
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
    /// Returns all keys of a session.
    pub(super) fn session_keys(&self, id: &str) -> SessionKeys<'_> {
        let (record, further) = (self.record_key(id), &self.further_keys);
        SessionKeys { record, further, totals: None }
    }

    /// Returns all keys of a session, and behind them the totals of its shard.
    pub(super) fn session_keys_and_totals(&self, id: &str) -> SessionKeys<'_> {
        let totals = self.keys.in_shard_of(id, TOTALS);
        SessionKeys { totals: Some(totals), ..self.session_keys(id) }
    }

    /// Returns the key of a session's record.
    pub(super) fn record_key(&self, id: &str) -> String {
        self.keys.in_shard_of(id, id)
    }

    /// Returns a key of a session, by its suffix.
    pub(super) fn part_key(&self, id: &str, part: &str) -> String {
        format!("{}:{part}", self.record_key(id))
    }

    /// Returns the keys of all shards' totals: entries ever appended, by operation.
    pub(super) fn all_totals(&self) -> impl Iterator<Item = String> {
        self.keys.in_every_shard(TOTALS)
    }

    /// Returns the key of the index of all sessions: a set sorted by expiry. It is
    /// one key, so that one command counts them. A session writes to it four times
    /// per timeout, not on every call.
    pub(super) fn index(&self) -> String {
        self.keys.owned("index")
    }

    /// Returns the key that a probe writes, on the index's server.
    pub(super) fn probe_key(&self) -> String {
        format!("{}:probe", self.index())
    }

    /// Returns the key of the places of an owner's sessions.
    pub(super) fn owner_key(&self, owner: &str) -> String {
        self.keys.shared(format_args!("owner:{owner}"))
    }

    /// Returns the key that names the node that sweeps.
    pub(super) fn sweeper_key(&self) -> String {
        self.keys.shared("sweeper")
    }
}
