//! Protocol versions, the two eras they form, and what differs between them.
//! spec: basic/lifecycle (version negotiation), basic/versioning

use serde::{Deserialize, Serialize};

use super::errors::{INVALID_PARAMS, RESOURCE_NOT_FOUND};
use super::method::Method;

/// A version of the stateful era: a handshake, a session, streams per session.
///
/// The order is the order of publication, so `version >= V2025_06_18` asks for
/// "this revision or newer".
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize,
)]
pub enum Version {
    /// Of the time before Streamable HTTP. Old clients ask for it, over stdio and
    /// HTTP, and are served as if they had asked for the next one.
    #[serde(rename = "2024-11-05")]
    V2024_11_05,
    /// The first revision of Streamable HTTP, and the last one with batches.
    #[serde(rename = "2025-03-26")]
    V2025_03_26,
    /// Structured tool results, titles, elicitation; no batches.
    #[serde(rename = "2025-06-18")]
    V2025_06_18,
    /// Priming events, tool errors for bad arguments, elicitation by URL.
    #[serde(rename = "2025-11-25")]
    V2025_11_25,
}

/// The version of the stateless era.
pub const MODERN: &str = "2026-07-28";

/// Every version that is offered here, newest first (A6). 2024-11-05 is not: it is
/// only there for clients that ask for nothing newer.
pub const SUPPORTED: [&str; 4] = [
    MODERN,
    Version::ALL[0].as_str(),
    Version::ALL[1].as_str(),
    Version::ALL[2].as_str(),
];

impl Version {
    /// Newest first, the order in which they are offered.
    pub const ALL: [Self; 4] = [
        Self::V2025_11_25,
        Self::V2025_06_18,
        Self::V2025_03_26,
        Self::V2024_11_05,
    ];

    /// What is negotiated with a client that asks for a version we do not speak.
    pub const LATEST: Self = Self::ALL[0];

    /// The version with this name, if we speak it.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.as_str() == name)
    }

    /// The answer to a client that asks for `requested`: the same version if we
    /// speak it, else our latest. Never an error.
    pub fn negotiate(requested: &str) -> Self {
        Self::parse(requested).unwrap_or(Self::LATEST)
    }

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2024_11_05 => "2024-11-05",
            Self::V2025_03_26 => "2025-03-26",
            Self::V2025_06_18 => "2025-06-18",
            Self::V2025_11_25 => "2025-11-25",
        }
    }
}

/// Which of the two protocols a request speaks. Everything that differs between
/// them, or between their versions, asks this value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// 2024-11-05 to 2025-11-25: a session, at its negotiated version.
    Stateful(Version),
    /// 2026-07-28: every request stands for itself.
    Stateless,
}

impl Era {
    /// One of each: the lists of a service differ between the eras only.
    pub const BOTH: [Self; 2] = [Self::Stateful(Version::LATEST), Self::Stateless];

    /// The era of the version with this name, if we speak it.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            MODERN => Some(Self::Stateless),
            _ => Version::parse(name).map(Self::Stateful),
        }
    }

    /// The version's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stateful(version) => version.as_str(),
            Self::Stateless => MODERN,
        }
    }

    /// Whether there is no session: a request says all that it relies on, names
    /// the state that it means, and is gone with its connection.
    pub fn is_stateless(self) -> bool {
        self == Self::Stateless
    }

    fn is_at_least(self, version: Version) -> bool {
        match self {
            Self::Stateful(spoken) => spoken >= version,
            Self::Stateless => true,
        }
    }

    /// Whether a POST may carry an array of messages.
    pub fn has_batches(self) -> bool {
        !self.is_at_least(Version::V2025_06_18)
    }

    /// Whether clients know titles, `structuredContent`, `outputSchema` and
    /// resource links.
    pub fn has_structured_content(self) -> bool {
        self.is_at_least(Version::V2025_06_18)
    }

    /// Whether every stream begins with an event id, so that its connection may be
    /// closed before its end (L043, L044). Stateless streams have no ids (M057).
    pub fn has_priming(self) -> bool {
        self == Self::Stateful(Version::V2025_11_25)
    }

    /// Whether the client can be asked with `elicitation/create`.
    pub fn has_elicitation(self) -> bool {
        self.is_at_least(Version::V2025_06_18)
    }

    /// Whether a client may call this method, if the server declares it.
    pub fn has_request(self, method: Method) -> bool {
        match method {
            Method::ListTools
            | Method::CallTool
            | Method::ListResources
            | Method::ListTemplates
            | Method::ReadResource
            | Method::ListPrompts
            | Method::GetPrompt
            | Method::Complete => true,
            Method::Initialize
            | Method::Ping
            | Method::SetLevel
            | Method::Subscribe
            | Method::Unsubscribe => !self.is_stateless(),
            Method::Discover | Method::Listen => self.is_stateless(),
            Method::Initialized
            | Method::Cancelled
            | Method::RootsChanged
            | Method::Unknown => false,
        }
    }

    /// Whether the answer to this method may be that the client is asked something
    /// first (M094). In the stateful era questions travel as requests.
    pub fn asks_in_results_of(self, method: Method) -> bool {
        let may_ask = matches!(
            method,
            Method::CallTool | Method::GetPrompt | Method::ReadResource
        );
        self.is_stateless() && may_ask
    }

    /// The code of the error for a resource that does not exist (L116, M012).
    pub fn no_such_resource(self) -> i32 {
        match self {
            Self::Stateful(_) => RESOURCE_NOT_FOUND,
            Self::Stateless => INVALID_PARAMS,
        }
    }
}
