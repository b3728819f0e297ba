//! Names the reason of an outage in a word, for operators.

use std::error::Error;

use redis::{ErrorKind, RedisError};

/// Returns why Redis did not execute a command: a word for this error, or for the
/// last of its causes that comes from Redis.
pub fn outage_reason(mut cause: Option<&(dyn Error + 'static)>) -> &'static str {
    let mut word = "disconnected";
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<RedisError>() {
            word = refusal(error).unwrap_or(word);
        }
        cause = error.source();
    }
    word
}

/// Returns why the server refused; `None` if it did not answer.
fn refusal(error: &RedisError) -> Option<&'static str> {
    Some(match error.code() {
        Some("OOM") => "out-of-memory",
        Some("READONLY") => "read-only",
        Some("NOPERM") => "denied",
        Some("NOAUTH" | "WRONGPASS") => "unauthenticated",
        Some("LOADING") => "loading",
        Some("BUSY") => "busy",
        Some("MISCONF") => "disk",
        Some("NOREPLICAS") => "too-few-replicas",
        Some("MASTERDOWN" | "CLUSTERDOWN") => "incomplete",
        // A script's own error has no code for it.
        Some("ERR") if begins(error, "The user executing the script can't") => {
            "denied"
        }
        Some("ERR") if begins(error, "max number of clients") => "too-many-clients",
        Some(_) => "refused",
        None if error.kind() == ErrorKind::AuthenticationFailed => {
            "unauthenticated"
        }
        None => return None,
    })
}

fn begins(error: &RedisError, beginning: &str) -> bool {
    error.detail().is_some_and(|detail| detail.starts_with(beginning))
}
