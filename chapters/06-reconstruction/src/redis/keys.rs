//! How keys are built.

use std::fmt::Display;

/// Builds keys. Nothing else does.
pub(crate) struct Keys {
    /// Separates deployments that share a server. Without braces.
    prefix: String,
}

impl Keys {
    pub fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    /// A key of the deployment.
    pub fn shared(&self, name: &str) -> String {
        format!("{}:{name}", self.prefix)
    }

    /// The first key of an owner, with which its others begin. The braces keep them
    /// on one server of a cluster, so that one script may touch them all.
    pub fn owned(&self, owner: impl Display) -> String {
        format!("{}:{{{owner}}}", self.prefix)
    }
}
