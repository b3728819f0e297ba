//! Who and which: the ids that a session is known by.

use std::fmt;
use std::sync::Arc;

use uuid::{Uuid, Variant};

/// The id of a session or of a tape, the stateless era's session. What is kept
/// under it is the same; its form is not, so that neither can be given for the
/// other. Both cannot be guessed. Only a parsed id ever becomes part of a storage
/// key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(Form);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Form {
    /// A random UUID (version 4, 122 random bits), in the header of a request.
    Session(Uuid),
    /// 128 random bits, in an argument of a tool or in a resource's URI.
    Tape([u8; 16]),
}

/// How the id of a tape begins. 32 hexadecimal digits follow.
const TAPE: &str = "tape-";

impl SessionId {
    /// A new session's id, from a cryptographically secure source.
    pub fn random() -> Self {
        Self(Form::Session(Uuid::new_v4()))
    }

    /// A new tape's id, from a cryptographically secure source.
    pub fn random_tape() -> Self {
        Self(Form::Tape(rand::random()))
    }

    /// Reads a session's id in the hyphenated lower-case form, the only one that
    /// we issue.
    pub fn parse(text: &str) -> Option<Self> {
        let uuid = Uuid::try_parse(text).ok()?;
        let ours =
            uuid.get_version_num() == 4 && uuid.get_variant() == Variant::RFC4122;
        // A session's id is read with every request, so without an allocation.
        let mut form = Uuid::encode_buffer();
        let form = uuid.hyphenated().encode_lower(&mut form);
        (ours && form == text).then_some(Self(Form::Session(uuid)))
    }

    /// Reads a tape's id in lower case, the only form that we issue.
    pub fn parse_tape(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(TAPE)?;
        let bits = u128::from_str_radix(digits, 16).ok()?;
        let id = Self(Form::Tape(bits.to_be_bytes()));
        (id.to_string() == text).then_some(id)
    }

    /// Its beginning, for the log: whoever has the whole may use it.
    pub fn hint(&self) -> String {
        self.to_string().chars().take(13).collect()
    }

    /// Whether it is a tape's.
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

/// Who is calling, as far as the transport could tell.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Whose sessions and tapes it may use.
    pub principal: Principal,
    /// Whom its requests, sessions and tapes count for.
    pub owner: Arc<str>,
}
