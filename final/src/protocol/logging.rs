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
        /// A possible problem.
        Warning => "warning",
        /// A problem.
        Error => "error",
        /// A failed component.
        Critical => "critical",
        /// A problem that needs action immediately.
        Alert => "alert",
        /// An unusable system.
        Emergency => "emergency",
    }
}

/// The parameters of `logging/setLevel`.
#[derive(Debug, Deserialize)]
pub struct SetLevelParams {
    /// The least severe level that is sent.
    pub level: Level,
}

/// The parameters of `notifications/message`.
#[derive(Debug, Serialize)]
pub struct LogMessage<'a, D> {
    pub level: Level,
    /// The part of the server that sends the message.
    pub logger: &'a str,
    /// Any value without secrets and personal data.
    pub data: &'a D,
}
