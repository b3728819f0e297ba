//! One row of the table of errors, and how rows are made.

use std::borrow::Cow;
use std::error::Error;

use serde_json::Value;
use tracing::Level;

use crate::protocol::errors::{
    INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST, RpcError,
};
use crate::telemetry::Outcome;

/// What an error means to its client and to operators.
#[derive(Debug, Clone, PartialEq)]
pub struct Meaning {
    /// The HTTP status, where the response can still choose one.
    pub status: u16,
    /// The JSON-RPC code.
    pub code: i32,
    /// The fixed sentence that the client receives.
    pub sentence: Cow<'static, str>,
    /// Detail for the client's program.
    pub data: Option<Value>,
    /// How the request counts in the metrics.
    pub outcome: Outcome,
    /// Seconds for `Retry-After`, where waiting helps.
    pub retry_after: Option<u64>,
    /// The level at which the error is logged.
    pub level: Level,
}

/// Makes the row of a request that the server refuses.
pub(crate) fn refused(
    status: u16,
    code: i32,
    sentence: impl Into<Cow<'static, str>>,
) -> Meaning {
    Meaning {
        status,
        code,
        sentence: sentence.into(),
        data: None,
        outcome: Outcome::Refused,
        retry_after: None,
        level: Level::DEBUG,
    }
}

/// Makes the row of a request that is refused with [`INVALID_REQUEST`].
pub(crate) fn invalid(
    status: u16,
    sentence: impl Into<Cow<'static, str>>,
) -> Meaning {
    refused(status, INVALID_REQUEST, sentence)
}

/// Makes the row of a request that is refused with [`INVALID_PARAMS`].
pub(super) fn bad_params(
    status: u16,
    sentence: impl Into<Cow<'static, str>>,
) -> Meaning {
    refused(status, INVALID_PARAMS, sentence)
}

/// Makes the row of a fault of the server, which only the log explains.
pub(super) fn failed(sentence: &'static str) -> Meaning {
    let outcome = Outcome::Failed;
    let level = Level::ERROR;
    Meaning { outcome, level, ..refused(200, INTERNAL_ERROR, sentence) }
}

/// Makes the row of something that the server lacks for a while.
pub(super) fn unavailable(sentence: &'static str) -> Meaning {
    let outcome = Outcome::Unavailable;
    let level = Level::WARN;
    Meaning { outcome, level, ..refused(503, INTERNAL_ERROR, sentence) }.after(1)
}

impl Meaning {
    /// Adds detail for the client's program.
    pub(super) fn with_data(self, data: Value) -> Self {
        Self { data: Some(data), ..self }
    }

    /// Adds the seconds after which the client should try again.
    pub(crate) fn after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// Lowers the level, because there are as many such errors as clients.
    pub(super) fn expected(self) -> Self {
        Self { level: Level::DEBUG, ..self }
    }

    /// Writes the error that has this meaning to the log, with its causes.
    pub(crate) fn log(&self, error: &dyn Error) {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let cause_text = error.to_string();
            // Some libraries repeat the cause in their own text.
            if !text.ends_with(&cause_text) {
                text.push_str(": ");
                text.push_str(&cause_text);
            }
            cause = error.source();
        }
        match self.level {
            Level::ERROR => tracing::error!("{text}"),
            Level::WARN => tracing::warn!("{text}"),
            _ => tracing::debug!("{text}"),
        }
    }
}

impl From<Meaning> for RpcError {
    fn from(meaning: Meaning) -> Self {
        let Meaning { code, sentence, data, .. } = meaning;
        Self { code, message: sentence.into_owned(), data }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use super::*;
    use crate::error::Error as Top;
    use crate::service::ServiceError;
    use crate::sessions::StoreError;

    #[test]
    fn a_client_gets_no_text_of_a_cause() {
        let secret = "redis://:password@10.0.0.1";
        let cause = || Some(Arc::new(io::Error::other(secret)) as Arc<_>);
        let errors: [Top; 4] = [
            StoreError::Unavailable(cause()).into(),
            StoreError::OutcomeUnknown(cause()).into(),
            ServiceError::Internal(secret.into()).into(),
            ServiceError::Refused(RpcError::new(0, secret)).into(),
        ];
        for error in errors {
            let message = error.to_message(None);
            assert!(!message.get().contains("password"), "{message}");
        }
    }
}
