//! The boundary: the one place where an error becomes an HTTP response.

use axum::body::Body;
use axum::http::header::{
    ACCEPT_ENCODING, ALLOW, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::error::Error;
use crate::protocol::RawJson;
use crate::protocol::errors::RpcError;
use crate::protocol::jsonrpc::{RequestId, error_message};

/// What the endpoint serves, for `Allow`.
pub const ALLOWED_METHODS: &str = "GET, POST, DELETE";

/// An error and the id of the request that it belongs to, if that was read.
#[derive(Debug)]
pub struct ErrorResponse {
    error: Error,
    id: Option<RequestId>,
}

impl<E: Into<Error>> From<E> for ErrorResponse {
    fn from(error: E) -> Self {
        Self { error: error.into(), id: None }
    }
}

impl Error {
    /// The error as the answer to the request with this id.
    pub fn at(self, id: Option<RequestId>) -> ErrorResponse {
        ErrorResponse { error: self, id }
    }
}

/// One JSON text as a response body.
pub fn json(message: RawJson) -> Response {
    let text: Box<str> = message.into();
    let mut response = Response::new(Body::from(String::from(text)));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

/// What the endpoint serves.
pub fn options() -> Response {
    (StatusCode::NO_CONTENT, [(ALLOW, ALLOWED_METHODS)]).into_response()
}

impl IntoResponse for ErrorResponse {
    fn into_response(self) -> Response {
        self.error.log();
        self.render(json)
    }
}

impl ErrorResponse {
    /// The response to an error that has been logged, in the form that `write` gives
    /// its message.
    pub fn render(self, write: impl FnOnce(RawJson) -> Response) -> Response {
        let Self { error, id } = self;
        let rpc = error.to_rpc();
        let mut response = write(error_message(id.as_ref(), &rpc));
        *response.status_mut() = error.status();
        if id.is_none() {
            response.extensions_mut().insert(WithoutId(rpc));
        }
        let headers = response.headers_mut();
        if let Some(seconds) = error.retry_after() {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        match error {
            Error::MethodNotAllowed => {
                headers.insert(ALLOW, HeaderValue::from_static(ALLOWED_METHODS));
            }
            Error::PostOnly => {
                headers.insert(ALLOW, HeaderValue::from_static("POST"));
            }
            Error::Unauthorized => {
                headers
                    .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Error::InvalidToken => {
                let challenge = r#"Bearer error="invalid_token""#;
                headers
                    .insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            }
            Error::UnsupportedEncoding => {
                let plain = HeaderValue::from_static("identity");
                headers.insert(ACCEPT_ENCODING, plain);
            }
            _ => {}
        }
        response
    }
}

/// The error of a response that repeats no id, kept with the response for the case
/// that the id is found later.
#[derive(Clone)]
struct WithoutId(RpcError);

/// Makes an error response the answer to the request with this id.
pub fn add_id(response: &mut Response, id: &RequestId) {
    let error = response.extensions_mut().remove();
    let Some(WithoutId(error)) = error else { return };
    *response.body_mut() = json(error_message(Some(id), &error)).into_body();
    // It was the length of the shorter body.
    response.headers_mut().remove(CONTENT_LENGTH);
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        ErrorResponse::from(self).into_response()
    }
}
