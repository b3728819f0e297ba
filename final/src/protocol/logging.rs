//! Log messages for the client, filtered by the level that its session asked for.
//! spec: server/utilities/logging

use serde::{Deserialize, Serialize};

use super::names::named;

named! {
    /// Severity, RFC 5424, least severe first.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    Level {
        /// Detail for debugging.
        Debug => "debug",
        /// Ordinary progress of work.
        Info => "info",
        /// Normal but significant.
        Notice => "notice",
        /// Something may be wrong.
        Warning => "warning",
        /// Something is wrong.
        Error => "error",
        /// A component fails.
        Critical => "critical",
        /// Act immediately.
        Alert => "alert",
        /// Unusable.
        Emergency => "emergency",
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
