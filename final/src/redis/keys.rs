//! The grammar of keys. Each module builds its own from it.

use std::fmt::Display;

/// How many shards there are: one for each end that an id may have. Enough for a
/// cluster of a dozen servers to have about equal parts. More would cost more to
/// sum up, and fewer would take longer to move from server to server.
const SHARDS: usize = 256;

/// How many hexadecimal digits the name of a shard has.
const SHARD_DIGITS: usize = 2;

/// Builds keys. Nothing else does, and only from parsed ids.
#[derive(Clone)]
pub(crate) struct Keys {
    /// Sets deployments apart that share a server. Without braces.
    prefix: String,
}

impl Keys {
    pub fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    /// A key of the deployment.
    pub fn shared(&self, name: impl Display) -> String {
        format!("{}:{name}", self.prefix)
    }

    /// The first key of an owner, with which its others begin. The braces make the
    /// owner the **hash tag** of all of them: a cluster keeps them on one server, and
    /// one script may touch them all.
    pub fn owned(&self, owner: impl Display) -> String {
        format!("{}:{{{owner}}}", self.prefix)
    }

    /// A key in the shard of this id, which owns it.
    pub fn in_shard_of(&self, id: &str, name: &str) -> String {
        // The last digits of an id are random.
        let shard = id.get(id.len().saturating_sub(SHARD_DIGITS)..).unwrap_or(id);
        format!("{}:{{{shard}}}:{name}", self.prefix)
    }

    /// The keys of this name in all shards.
    pub fn in_every_shard(&self, name: &str) -> impl Iterator<Item = String> {
        (0..SHARDS).map(move |n| format!("{}:{{{n:02x}}}:{name}", self.prefix))
    }
}
