//! How an answer becomes an HTTP response.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::protocol::RawJson;

/// One JSON text as a response.
pub fn json(status: StatusCode, message: RawJson) -> Response {
    let text = String::from(Box::<str>::from(message));
    (status, [(CONTENT_TYPE, "application/json")], text).into_response()
}
