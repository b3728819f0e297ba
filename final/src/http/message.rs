//! Responses of one message.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

use super::accept::Accepts;
use super::sse;
use crate::protocol::RawJson;

/// Makes an answer of one message, in a form that the client accepts.
pub fn one_message(message: RawJson, accepts: Accepts) -> Response {
    match accepts.json {
        true => json(StatusCode::OK, message),
        false => sse::single(&message),
    }
}

/// Makes a response of one JSON text.
pub fn json(status: StatusCode, message: RawJson) -> Response {
    let text = String::from(Box::<str>::from(message));
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
