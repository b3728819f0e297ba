//! Reads a request's body, within bounds of type, size and time.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::timeout;

use super::error::HttpError;
use super::single;
use crate::error::Error;

/// The time that a body has to arrive. A slow sender occupies a connection, not a
/// session, but connections are limited, too.
const BODY_DEADLINE: Duration = Duration::from_secs(30);

/// Reads the body, if it is declared as plain JSON and not longer than `limit`
/// bytes.
///
/// # Errors
/// [`HttpError::UnsupportedMediaType`], [`HttpError::UnsupportedEncoding`],
/// [`HttpError::RepeatedHeader`], [`Error::BodyTooLarge`],
/// [`HttpError::BodyIncomplete`].
pub async fn read(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<Bytes, HttpError> {
    if !is_json(headers)? {
        return Err(HttpError::UnsupportedMediaType);
    }
    if !is_plain(headers) {
        return Err(HttpError::UnsupportedEncoding);
    }
    let declared =
        headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let is_long = |length: usize| length > limit;
    if declared.and_then(|n| n.parse().ok()).is_some_and(is_long) {
        return Err(Error::BodyTooLarge.into());
    }
    let collected = Limited::new(body, limit).collect();
    match timeout(BODY_DEADLINE, collected).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err(Error::BodyTooLarge.into())
        }
        _ => Err(HttpError::BodyIncomplete),
    }
}

fn is_json(headers: &HeaderMap) -> Result<bool, HttpError> {
    let line = single::line(headers, &CONTENT_TYPE)?.unwrap_or_default();
    let is_json = |value: &[u8]| {
        let media_type = value.split(|byte| *byte == b';').next();
        let media_type = media_type.unwrap_or_default().trim_ascii();
        media_type.eq_ignore_ascii_case(b"application/json")
    };
    // A parameter may have commas; a line that is joined from two has one.
    Ok(is_json(line) || line.split(|byte| *byte == b',').all(is_json))
}

/// Returns whether the body is sent without a content encoding. Nothing is
/// decompressed, because a small body could expand without limit.
fn is_plain(headers: &HeaderMap) -> bool {
    single::values(headers, &CONTENT_ENCODING)
        .all(|coding| coding.is_empty() || coding.eq_ignore_ascii_case(b"identity"))
}
