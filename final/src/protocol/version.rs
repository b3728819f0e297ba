//! Protocol versions, the two eras they form, and what differs between them.
//! spec: basic/lifecycle (version negotiation), basic/versioning

use serde::{Deserialize, Serialize};

use super::RawJson;

/// A version of the stateful era: a handshake, a session, streams per session.
///
/// The order is the order of publication, so `version >= V2025_06_18` asks for
/// "this revision or newer".
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize,
)]
pub enum Version {
    /// The first revision of Streamable HTTP; the only one with batches.
    #[serde(rename = "2025-03-26")]
    V2025_03_26,
    /// Structured tool results, titles, elicitation; no batches.
    #[serde(rename = "2025-06-18")]
    V2025_06_18,
    /// Priming events, tool errors for bad arguments, elicitation by URL.
    #[serde(rename = "2025-11-25")]
    V2025_11_25,
}

/// The stateless era's version, named here so that it can be refused by name.
pub const MODERN: &str = "2026-07-28";

impl Version {
    /// Newest first, the order in which they are offered.
    pub const ALL: [Self; 3] =
        [Self::V2025_11_25, Self::V2025_06_18, Self::V2025_03_26];

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
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2025_03_26 => "2025-03-26",
            Self::V2025_06_18 => "2025-06-18",
            Self::V2025_11_25 => "2025-11-25",
        }
    }

    /// Whether a POST may carry an array of messages.
    pub fn has_batches(self) -> bool {
        self == Self::V2025_03_26
    }

    /// Whether clients know titles, `structuredContent`, `outputSchema` and
    /// resource links.
    pub fn has_structured_content(self) -> bool {
        self >= Self::V2025_06_18
    }

    /// Whether every stream begins with an event id, so that its connection may be
    /// closed before its end (L043, L044).
    pub fn has_priming(self) -> bool {
        self >= Self::V2025_11_25
    }

    /// Whether the client can be asked with `elicitation/create`.
    pub fn has_elicitation(self) -> bool {
        self >= Self::V2025_06_18
    }
}

/// The version that a request claims in the stateless era's way, in `_meta`.
pub fn claimed(params: Option<&RawJson>) -> Option<String> {
    #[derive(Deserialize)]
    struct Params {
        #[serde(rename = "_meta")]
        meta: Meta,
    }
    #[derive(Deserialize)]
    struct Meta {
        #[serde(rename = "io.modelcontextprotocol/protocolVersion")]
        version: serde_json::Value,
    }
    let params = params?.get();
    // A second look at the parameters, spared to the many requests without one.
    // The slash of the full name may be escaped.
    if !params.contains("protocolVersion") {
        return None;
    }
    let version = serde_json::from_str::<Params>(params).ok()?.meta.version;
    Some(version.as_str().unwrap_or_default().to_owned())
}

/// Which of the two protocols a request speaks. Everything that differs between
/// them asks this value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// 2025-03-26 to 2025-11-25: a session, at its negotiated version.
    Stateful(Version),
    /// 2026-07-28: every request stands for itself.
    Stateless,
}
