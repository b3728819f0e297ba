//! What a failed command means for the caller: did it run?

use std::io;
use std::sync::Arc;

use redis::{ErrorKind, RedisError, ServerErrorKind};

use super::record::SCHEMA;
use crate::sessions::StoreError;

/// There is no connection, so nothing was sent. The source says why, as the server
/// or the system put it.
#[derive(Debug, thiserror::Error)]
#[error("not connected: {0}")]
struct NotConnected(#[source] RedisError);

/// The error of a command that was not sent because connecting failed.
pub(super) fn not_connected(reason: RedisError) -> RedisError {
    let refused = io::ErrorKind::ConnectionRefused;
    io::Error::new(refused, NotConnected(reason)).into()
}

/// Nothing was to be changed, so nothing was.
pub(crate) fn read_failed(error: RedisError) -> StoreError {
    write_failed(error).of_read()
}

/// A change that may have happened, unless the error says that it did not.
pub(crate) fn write_failed(error: RedisError) -> StoreError {
    match error.code() {
        // These come again however often one tries.
        _ if error.kind() == ErrorKind::Parse => {
            StoreError::Damaged("an answer has another shape")
        }
        Some("DAMAGED") => StoreError::Damaged("a field is missing"),
        Some("WRONGTYPE") => StoreError::Damaged("a key is of another type"),
        Some("NEWERSCHEMA") => {
            let found = error.detail().and_then(|found| found.parse().ok());
            let found = found.unwrap_or(u64::MAX);
            StoreError::NewerSchema { found, known: SCHEMA }
        }
        _ if did_not_run(&error) => StoreError::Unavailable(Some(Arc::new(error))),
        _ => StoreError::OutcomeUnknown(Some(Arc::new(error))),
    }
}

fn did_not_run(error: &RedisError) -> bool {
    match error.kind() {
        // A broken connection says nothing about what was on its way; one that
        // was never made does.
        ErrorKind::Io => error.is_connection_refusal(),
        ErrorKind::UnexpectedReturnType => false,
        // A script that fails may have changed something before.
        ErrorKind::Server(kind) => kind != ServerErrorKind::ResponseError,
        // Refused before it ran: too little memory, a busy server, no rights.
        _ => true,
    }
}
