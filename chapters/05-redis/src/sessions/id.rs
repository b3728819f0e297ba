//! The id of a session.

use std::fmt;

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
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}
