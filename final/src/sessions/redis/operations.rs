//! The operations of sessions on Redis, and the meaning of its errors.

use std::sync::Arc;

use super::record::SCHEMA;
use crate::redis::{CommandError, operations};
use crate::sessions::StoreError;

operations! {
    /// An operation of sessions on Redis.
    pub(crate) enum SessionOperation {
        Create: Write = "create",
        Load: Read = "load",
        LoadAndTouch: Read = "enter",
        Touch: Read = "touch",
        MarkReady: Write = "mark_ready",
        SetLogLevel: Write = "set_log_level",
        Subscribe: Write = "subscribe",
        Unsubscribe: Write = "unsubscribe",
        AppendHistory: Write = "append",
        ReadHistory: Read = "history",
        ClearHistory: Write = "clear_history",
        AppendAudit: Write = "audit",
        ReadAudit: Read = "audited",
        Terminate: Write = "terminate",
        Totals: Read = "totals",
        Probe: Probe = "probe",
        ReadSettings: Probe = "settings",
        Sweep: Write = "sweep",
        Expire: Write = "expire",
        Reserve: Write = "reserve",
        Index: Write = "index",
    }
}

/// The code with which scripts reject a record of a newer release.
const NEWER_SCHEMA: &str = "newer schema ";

impl From<CommandError> for StoreError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Unavailable(cause) => {
                Self::Unavailable(Some(Arc::new(cause)))
            }
            CommandError::OutcomeUnknown(cause) => {
                Self::OutcomeUnknown(Some(Arc::new(cause)))
            }
            CommandError::Damaged(what) => Self::Damaged(what),
            CommandError::Rejected(reason) => {
                match reason.strip_prefix(NEWER_SCHEMA) {
                    Some(found) => Self::NewerSchema {
                        found: found.parse().unwrap_or(u64::MAX),
                        known: SCHEMA,
                    },
                    None => Self::Damaged("a field is missing"),
                }
            }
        }
    }
}
