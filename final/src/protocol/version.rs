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
    /// The revision before Streamable HTTP. Old clients request it, over stdio and
    /// HTTP, and the server treats them as if they had requested the next one.
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

/// The versions that the server offers, newest first (A6). It does not offer
/// 2024-11-05, which is only for clients that request nothing newer.
pub const SUPPORTED: [&str; 4] = [
    MODERN,
    Version::ALL[0].as_str(),
    Version::ALL[1].as_str(),
    Version::ALL[2].as_str(),
];

impl Version {
    /// All versions, newest first, the order in which the server offers them.
    pub const ALL: [Self; 4] = [
        Self::V2025_11_25,
        Self::V2025_06_18,
        Self::V2025_03_26,
        Self::V2024_11_05,
    ];

    /// The version for a client that requests one that the server does not support.
    pub const LATEST: Self = Self::ALL[0];

    /// Returns the version with this name, if the server supports it.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.as_str() == name)
    }

    /// Returns the version for a client that requests `requested`: the same version
    /// if the server supports it, or else the latest. This is never an error.
    pub fn negotiate(requested: &str) -> Self {
        Self::parse(requested).unwrap_or(Self::LATEST)
    }

    /// Returns the name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2024_11_05 => "2024-11-05",
            Self::V2025_03_26 => "2025-03-26",
            Self::V2025_06_18 => "2025-06-18",
            Self::V2025_11_25 => "2025-11-25",
        }
    }
}

/// The era of the protocol to which a request belongs. All code that depends on the
/// era or the version asks this value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// 2024-11-05 to 2025-11-25: a session, at its negotiated version.
    Stateful(Version),
    /// 2026-07-28: every request is independent of the others.
    Stateless,
}

impl Era {
    /// One value of each era. The lists of a service depend on the era only, and
    /// not on the version.
    pub const BOTH: [Self; 2] = [Self::Stateful(Version::LATEST), Self::Stateless];

    /// Returns the era of the version with this name, if the server supports it.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            MODERN => Some(Self::Stateless),
            _ => Version::parse(name).map(Self::Stateful),
        }
    }

    /// Returns the version's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stateful(version) => version.as_str(),
            Self::Stateless => MODERN,
        }
    }

    /// Returns whether there is no session: a request contains everything that it
    /// relies on, names the state that it uses, and ends with its connection.
    pub fn is_stateless(self) -> bool {
        self == Self::Stateless
    }

    fn is_at_least(self, version: Version) -> bool {
        match self {
            Self::Stateful(spoken) => spoken >= version,
            Self::Stateless => true,
        }
    }

    /// Returns whether a POST may carry an array of messages.
    pub fn has_batches(self) -> bool {
        !self.is_at_least(Version::V2025_06_18)
    }

    /// Returns whether clients know titles, `structuredContent`, `outputSchema` and
    /// resource links.
    pub fn has_structured_content(self) -> bool {
        self.is_at_least(Version::V2025_06_18)
    }

    /// Returns whether every stream begins with an event id, so that the server may
    /// close the connection before the stream ends (L043, L044). Stateless streams
    /// have no ids (M057).
    pub fn has_priming(self) -> bool {
        self == Self::Stateful(Version::V2025_11_25)
    }

    /// Returns whether clients may know `elicitation/create`.
    pub fn has_elicitation(self) -> bool {
        self.is_at_least(Version::V2025_06_18)
    }

    /// Returns whether a client may call this method, if the server declares it.
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

    /// Returns whether the result of this method may ask the client questions first
    /// (M094). In the stateful era, the server sends questions as requests.
    pub fn asks_in_results_of(self, method: Method) -> bool {
        let may_ask = matches!(
            method,
            Method::CallTool | Method::GetPrompt | Method::ReadResource
        );
        self.is_stateless() && may_ask
    }

    /// Returns the code of the error for a resource that does not exist (L116,
    /// M012).
    pub fn no_such_resource(self) -> i32 {
        match self {
            Self::Stateful(_) => RESOURCE_NOT_FOUND,
            Self::Stateless => INVALID_PARAMS,
        }
    }
}
