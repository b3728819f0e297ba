//! Log messages for the client, filtered by the level that its session asked for.
//! spec: server/utilities/logging

use serde::{Deserialize, Serialize};

/// Severity, RFC 5424, least severe first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Detail for debugging.
    Debug,
    /// Ordinary progress of work.
    Info,
    /// Normal but significant.
    Notice,
    /// Something may be wrong.
    Warning,
    /// Something is wrong.
    Error,
    /// A component fails.
    Critical,
    /// Act at once.
    Alert,
    /// Unusable.
    Emergency,
}

impl Level {
    const NAMES: [(&str, Self); 8] = [
        ("debug", Self::Debug),
        ("info", Self::Info),
        ("notice", Self::Notice),
        ("warning", Self::Warning),
        ("error", Self::Error),
        ("critical", Self::Critical),
        ("alert", Self::Alert),
        ("emergency", Self::Emergency),
    ];

    /// The level with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, level)| *level)
    }

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        Self::NAMES[self as usize].0
    }
}

/// The parameters of `logging/setLevel`.
#[derive(Debug, Deserialize)]
pub struct SetLevelParams {
    /// This level and more severe ones are sent.
    pub level: Level,
}

/// The parameters of `notifications/message`.
#[derive(Debug, Serialize)]
pub struct LogMessage<'a, D> {
    pub level: Level,
    /// Which part speaks.
    pub logger: &'a str,
    /// Anything; no secrets, no personal data.
    pub data: &'a D,
}
