//! Who and which: the ids that a session is known by.

use std::{fmt, sync::Arc};

use uuid::{Uuid, Variant};

/// A session's id: a random UUID (version 4, 122 random bits), so that it
/// cannot be guessed. Only a parsed id ever becomes part of a storage key.
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
        let mut form = Uuid::encode_buffer();
        let form = uuid.hyphenated().encode_lower(&mut form);
        (ours && form == text).then_some(Self(uuid))
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// The name of one running process; a restarted one has another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NodeId(Arc<str>);

impl NodeId {
    /// A name that no other node has.
    pub fn random() -> Self {
        Self::named(&Uuid::new_v4().to_string())
    }

    /// The node with this name, which has no blanks in it.
    pub fn named(name: &str) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Who is calling: the name that belongs to a bearer token, or nobody in
/// particular where no tokens are configured.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Principal(Arc<str>);

impl Principal {
    /// The principal of a token.
    pub fn named(name: &str) -> Self {
        Self(name.into())
    }

    /// Everyone, on a server without authentication. No token can have its
    /// name, because a token's name is not empty.
    pub fn anonymous() -> Self {
        Self("".into())
    }

    /// Whether this is [`Self::anonymous`].
    pub fn is_anonymous(&self) -> bool {
        self.0.is_empty()
    }

    /// The name; empty for [`Self::anonymous`].
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
