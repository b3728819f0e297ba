//! The ids of sessions, nodes and callers.

use std::fmt;
use std::sync::Arc;

use uuid::{Uuid, Variant};

/// The id of a session or of a tape. The two have different forms, so that a client
/// cannot use one in place of the other. Neither can be guessed. Only a parsed id
/// becomes part of a storage key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(Form);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Form {
    /// A random UUID (version 4, 122 random bits), in the header of a request.
    Session(Uuid),
    /// 128 random bits, in an argument of a tool or in a resource's URI.
    Tape([u8; 16]),
}

/// The prefix of a tape ID. 32 hexadecimal digits follow.
const TAPE: &str = "tape-";

impl SessionId {
    /// Generates a session ID from a cryptographically secure source.
    pub fn random() -> Self {
        Self(Form::Session(Uuid::new_v4()))
    }

    /// Generates a tape ID from a cryptographically secure source.
    pub fn random_tape() -> Self {
        Self(Form::Tape(rand::random()))
    }

    /// Parses a session ID in the hyphenated lower-case form, the only one that
    /// this server issues.
    pub fn parse(text: &str) -> Option<Self> {
        let uuid = Uuid::try_parse(text).ok()?;
        let ours =
            uuid.get_version_num() == 4 && uuid.get_variant() == Variant::RFC4122;
        // Every request has a session ID, so this does not allocate memory.
        let mut form = Uuid::encode_buffer();
        let form = uuid.hyphenated().encode_lower(&mut form);
        (ours && form == text).then_some(Self(Form::Session(uuid)))
    }

    /// Parses a tape ID in lower case, the only form that this server issues.
    pub fn parse_tape(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(TAPE)?;
        let bits = u128::from_str_radix(digits, 16).ok()?;
        let id = Self(Form::Tape(bits.to_be_bytes()));
        (id.to_string() == text).then_some(id)
    }

    /// Returns the beginning of the id for the log, because a reader of the log
    /// could use a session whose whole id is shown.
    pub fn hint(&self) -> String {
        self.to_string().chars().take(13).collect()
    }

    /// Returns whether this is a tape ID.
    pub fn is_tape(&self) -> bool {
        matches!(self.0, Form::Tape(_))
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Form::Session(uuid) => uuid.hyphenated().fmt(f),
            Form::Tape(bits) => {
                write!(f, "{TAPE}{:032x}", u128::from_be_bytes(bits))
            }
        }
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

/// The authenticated caller: the name that belongs to a bearer token, or
/// [`Self::anonymous`] if no tokens are configured.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Principal(Arc<str>);

impl Principal {
    /// Makes the principal of a token with this name.
    pub fn named(name: &str) -> Self {
        Self(name.into())
    }

    /// Makes the principal of all callers on a server without authentication. Its
    /// name is empty, which the name of a token cannot be.
    pub fn anonymous() -> Self {
        Self("".into())
    }

    /// Returns the name, which is empty for [`Self::anonymous`].
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The caller of a request, as the transport has identified it.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The principal whose sessions and tapes the caller may use.
    pub principal: Principal,
    /// The owner in whose limits the caller's requests, sessions and tapes count.
    pub owner: Arc<str>,
}
