//! Reads headers that must have one value. An intermediary may send such a header
//! twice, or join two lines into one, and then a node that uses the first value and
//! a node that uses the last one disagree.

use axum::http::{HeaderMap, HeaderName};

use super::error::HttpError;

/// Returns the value of a header that is no list. Equal values count as one.
///
/// # Errors
/// [`HttpError::RepeatedHeader`] if there are different ones.
pub fn value<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a [u8]>, HttpError> {
    one_of(values(headers, name), name)
}

/// Returns the value like [`value`], of a header whose value may contain commas.
///
/// # Errors
/// [`HttpError::RepeatedHeader`] if there are lines that differ.
pub fn line<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a [u8]>, HttpError> {
    one_of(headers.get_all(name).iter().map(|line| line.as_bytes()), name)
}

/// Returns all values of a header, on lines of their own or joined.
pub fn values<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = &'a [u8]> {
    let lines = headers.get_all(name).iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
}

fn one_of<'a>(
    mut values: impl Iterator<Item = &'a [u8]>,
    name: &HeaderName,
) -> Result<Option<&'a [u8]>, HttpError> {
    let Some(first) = values.next() else { return Ok(None) };
    match values.all(|value| value == first) {
        true => Ok(Some(first)),
        false => Err(HttpError::RepeatedHeader(name.clone())),
    }
}
