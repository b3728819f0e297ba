//! Reads a request's body, within bounds of type, size and time.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{
        HeaderMap,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
};
use tokio::time::timeout;

use crate::error::Error;

/// How long a body may take to arrive: a slow sender holds a connection, not a
/// session, but connections are bounded too.
const BODY_DEADLINE: Duration = Duration::from_secs(30);

/// The body, if it is declared as JSON and not longer than `limit` bytes.
///
/// # Errors
/// [`Error::UnsupportedMediaType`], [`Error::BodyTooLarge`],
/// [`Error::BodyIncomplete`].
pub async fn read(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<Bytes, Error> {
    if !is_json(headers) {
        return Err(Error::UnsupportedMediaType);
    }
    let declared =
        headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let is_long = |length: usize| length > limit;
    if declared.and_then(|length| length.parse().ok()).is_some_and(is_long) {
        return Err(Error::BodyTooLarge);
    }
    match timeout(BODY_DEADLINE, to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_length_limit(&error) => Err(Error::BodyTooLarge),
        _ => Err(Error::BodyIncomplete),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type =
        headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next());
    media_type
        .is_some_and(|name| name.trim().eq_ignore_ascii_case("application/json"))
}

/// Told apart from a broken connection by the cause of axum's error.
fn is_length_limit(error: &axum::Error) -> bool {
    std::error::Error::source(error)
        .is_some_and(|cause| cause.is::<http_body_util::LengthLimitError>())
}
