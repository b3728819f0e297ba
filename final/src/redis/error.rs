//! The meaning of a failed command for its caller: did Redis run it?

use std::io;

use redis::{ErrorKind, RedisError, ServerErrorKind};

/// The result of a command.
pub(crate) type Result<T, E = CommandError> = std::result::Result<T, E>;

/// The code of an error that a script returns; the reason is the script's own.
const REJECTED: &str = "REJECTED";

/// The reason why a command has no usable answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommandError {
    /// Redis did not run it: nothing was changed.
    #[error("not run: {0}")]
    Unavailable(#[source] RedisError),
    /// It was sent and no answer came back: it may have run.
    #[error("not answered: {0}")]
    OutcomeUnknown(#[source] RedisError),
    /// A script has read the data and refused, for this reason.
    #[error("rejected: {0}")]
    Rejected(String),
    /// A key or an answer has an unexpected form, and repeating the command does
    /// not help.
    #[error("{0}")]
    Damaged(&'static str),
}

impl CommandError {
    /// Classifies the error of a command. A read whose answer is lost counts as not
    /// run, because its caller cannot tell the difference.
    pub(super) fn classify(error: RedisError, is_read: bool) -> Self {
        match error.code() {
            _ if error.kind() == ErrorKind::Parse => {
                Self::Damaged("an answer has another shape")
            }
            Some("WRONGTYPE") => Self::Damaged("a key is of another type"),
            Some(REJECTED) => {
                Self::Rejected(error.detail().unwrap_or_default().to_owned())
            }
            _ if is_read || did_not_run(&error) => Self::Unavailable(error),
            _ => Self::OutcomeUnknown(error),
        }
    }

    /// Returns whether Redis is in trouble, and not only one key.
    pub(super) fn is_outage(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::OutcomeUnknown(_))
    }
}

fn did_not_run(error: &RedisError) -> bool {
    match error.kind() {
        // A broken connection leaves the outcome open; one that was never made does
        // not.
        ErrorKind::Io => error.is_connection_refusal(),
        ErrorKind::UnexpectedReturnType => false,
        // A script that fails may have changed something before.
        ErrorKind::Server(kind) => kind != ServerErrorKind::ResponseError,
        // Refused before it ran: too little memory, a busy server, no rights.
        _ => true,
    }
}

/// The error of a command that was not sent, for lack of a connection. The source
/// is the reason of the server or the system.
#[derive(Debug, thiserror::Error)]
#[error("not connected: {0}")]
struct NotConnected(#[source] RedisError);

/// Returns the error of a command that was not sent because connecting failed.
pub(super) fn not_connected(reason: RedisError) -> RedisError {
    let refused = io::ErrorKind::ConnectionRefused;
    io::Error::new(refused, NotConnected(reason)).into()
}
