//! The boundary: the one place where an error becomes an HTTP response.

use axum::http::header::{ALLOW, CONTENT_LENGTH, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::accept::Accepts;
use super::error::{ALLOWED_METHODS, HttpError};
use super::message::{json, one_message};
use crate::protocol::errors::RpcError;
use crate::protocol::jsonrpc::{RequestId, error_message};

/// Answers OPTIONS that is no preflight with the methods of the endpoint.
pub async fn options() -> Response {
    (StatusCode::NO_CONTENT, [(ALLOW, ALLOWED_METHODS)]).into_response()
}

/// An error response, with the id of its request if that could be read.
#[derive(Debug)]
pub struct ErrorResponse {
    error: HttpError,
    id: Option<RequestId>,
}

impl<E: Into<HttpError>> From<E> for ErrorResponse {
    fn from(error: E) -> Self {
        Self { error: error.into(), id: None }
    }
}

impl ErrorResponse {
    /// Makes it the response to the request with this id.
    pub fn at<'a>(self, id: impl Into<Option<&'a RequestId>>) -> Self {
        Self { id: id.into().cloned(), ..self }
    }

    /// Renders an error that has been logged, in a form that the client accepts.
    pub fn render(self, accepts: Accepts) -> Response {
        let Self { error, id } = self;
        let meaning = error.meaning();
        let status = StatusCode::from_u16(meaning.status);
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = meaning.retry_after;
        let rpc = RpcError::from(meaning);
        let message = error_message(id.as_ref(), &rpc);
        let mut response = one_message(message, accepts);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if let Some((name, value)) = error.header() {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if id.is_none() {
            response.extensions_mut().insert(WithoutId(rpc));
        }
        response
    }
}

impl IntoResponse for ErrorResponse {
    fn into_response(self) -> Response {
        self.error.meaning().log(&self.error);
        self.render(Accepts::JSON)
    }
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        ErrorResponse::from(self).into_response()
    }
}

/// The error of a response that repeats no id, kept with the response in case the
/// id is found later.
#[derive(Clone)]
struct WithoutId(RpcError);

/// Makes an error response the answer to the request with this id.
pub fn add_id(response: &mut Response, id: &RequestId) {
    let error = response.extensions_mut().remove();
    let Some(WithoutId(error)) = error else { return };
    let message = error_message(Some(id), &error);
    *response.body_mut() = json(response.status(), message).into_body();
    // It was the length of the shorter body.
    response.headers_mut().remove(CONTENT_LENGTH);
}
