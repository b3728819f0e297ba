//! The grammar of keys. Each module builds its own from it.

use std::fmt::Display;

/// The number of shards: one for each ending of an id. Enough for a cluster of a
/// dozen servers to have about equal parts. More would be slower to sum up, and
/// fewer would take longer to move between servers.
const SHARDS: usize = 256;

/// The number of hexadecimal digits in the name of a shard.
const SHARD_DIGITS: usize = 2;

/// Builds all keys, and only from parsed ids.
#[derive(Clone)]
pub(crate) struct Keys {
    /// The prefix that separates deployments on a shared server. Without braces.
    prefix: String,
}

impl Keys {
    pub fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    /// Returns a key of the deployment.
    pub fn shared(&self, name: impl Display) -> String {
        format!("{}:{name}", self.prefix)
    }

    /// Returns the first key of an owner, the prefix of its others. The braces make
    /// the owner the **hash tag** of all of them: a cluster keeps them on one
    /// server, and one script may use them all.
    pub fn owned(&self, owner: impl Display) -> String {
        format!("{}:{{{owner}}}", self.prefix)
    }

    /// Returns a key in the shard of the id to which it belongs.
    pub fn in_shard_of(&self, id: &str, name: &str) -> String {
        // The last digits of an id are random.
        let shard = id.get(id.len().saturating_sub(SHARD_DIGITS)..).unwrap_or(id);
        format!("{}:{{{shard}}}:{name}", self.prefix)
    }

    /// Returns the keys of this name in all shards.
    pub fn in_every_shard(&self, name: &str) -> impl Iterator<Item = String> {
        (0..SHARDS).map(move |n| format!("{}:{{{n:02x}}}:{name}", self.prefix))
    }
}
