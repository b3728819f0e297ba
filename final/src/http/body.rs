//! Reads a request's body, within bounds of type, size and time.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{
        HeaderMap,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::timeout;

use crate::error::Error;

/// How long a body may take to arrive: a slow sender holds a connection, not a
/// session, but connections are bounded too.
const BODY_DEADLINE: Duration = Duration::from_secs(30);

/// How much of a body that is too long is read and thrown away, and for how long.
const DISCARDED: usize = 32 << 20;
const DISCARD_DEADLINE: Duration = Duration::from_secs(2);

/// The body, if it is declared as JSON and not longer than `limit` bytes.
///
/// # Errors
/// [`Error::UnsupportedMediaType`], [`Error::BodyTooLarge`],
/// [`Error::BodyIncomplete`].
pub async fn read(
    headers: &HeaderMap,
    mut body: Body,
    limit: usize,
) -> Result<Bytes, Error> {
    if !is_json(headers) {
        return Err(Error::UnsupportedMediaType);
    }
    let declared =
        headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let is_long = |length: usize| length > limit;
    let read = if declared.and_then(|n| n.parse().ok()).is_some_and(is_long) {
        Err(Error::BodyTooLarge)
    } else {
        let collected = Limited::new(&mut body, limit).collect();
        match timeout(BODY_DEADLINE, collected).await {
            Ok(Ok(collected)) => Ok(collected.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                Err(Error::BodyTooLarge)
            }
            _ => Err(Error::BodyIncomplete),
        }
    };
    if let Err(Error::BodyTooLarge) = read {
        // Whatever comes of it, the answer is the same.
        let _ = timeout(DISCARD_DEADLINE, discard(body)).await;
    }
    read
}

/// Many clients read no answer before they have sent everything; they would see a
/// broken connection instead.
async fn discard(mut body: Body) {
    let mut left = DISCARDED;
    while let Some(Ok(frame)) = body.frame().await
        && let Some(less) = left.checked_sub(frame.data_ref().map_or(0, Bytes::len))
    {
        left = less;
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type =
        headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next());
    media_type
        .is_some_and(|name| name.trim().eq_ignore_ascii_case("application/json"))
}
