//! The ids of sessions, nodes and callers.

use std::fmt;
use std::sync::Arc;

use uuid::{Uuid, Variant};

/// A session's id: a random UUID (version 4, 122 random bits), so that it
/// cannot be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(Uuid);

impl SessionId {
    /// A new id from the operating system's random source.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// Reads the hyphenated lower-case form, the only one that we issue.
    pub fn parse(text: &str) -> Option<Self> {
        let uuid = Uuid::try_parse(text).ok()?;
        let ours =
            uuid.get_version_num() == 4 && uuid.get_variant() == Variant::RFC4122;
        let id = Self(uuid);
        (ours && id.to_string() == text).then_some(id)
    }

    /// Returns the beginning of the id for the log, because a reader of the log
    /// could use a session whose whole id is shown.
    pub fn hint(&self) -> String {
        self.to_string().chars().take(13).collect()
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// The name of one running process. A process that restarts has a new name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NodeId(Arc<str>);

impl NodeId {
    /// Generates a name that no other node has.
    pub fn random() -> Self {
        Self::named(&Uuid::new_v4().to_string())
    }

    /// Makes the id of the node with this name, which must not contain blanks.
    pub fn named(name: &str) -> Self {
        Self(name.into())
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The caller to whom a session belongs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Principal(Arc<str>);

impl Principal {
    /// Makes the principal with this name.
    pub fn named(name: &str) -> Self {
        Self(name.into())
    }

    /// Makes the principal of all callers on a server without authentication. Its
    /// name is empty.
    pub fn anonymous() -> Self {
        Self("".into())
    }

    /// Returns the name, which is empty for [`Self::anonymous`].
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
