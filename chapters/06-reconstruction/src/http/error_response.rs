//! How results and errors become HTTP responses.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::protocol::RawJson;
use crate::protocol::errors::{INVALID_REQUEST, RpcError};
use crate::protocol::jsonrpc::{RequestId, error_message};
use crate::sessions::StoreError;

/// One JSON text as a response.
pub fn json(status: StatusCode, message: RawJson) -> Response {
    let text = String::from(Box::<str>::from(message));
    (status, [(CONTENT_TYPE, "application/json")], text).into_response()
}

/// An error response, with the id of its request if that could be read.
#[derive(Debug)]
pub struct ErrorResponse {
    status: StatusCode,
    error: RpcError,
    id: Option<RequestId>,
}

impl ErrorResponse {
    /// An error response with this status, for a request that breaks `rule`.
    pub fn new(status: StatusCode, rule: &'static str) -> Self {
        Self { status, error: RpcError::new(INVALID_REQUEST, rule), id: None }
    }

    /// The same as the response to the request with this id.
    pub fn at(self, id: &RequestId) -> Self {
        Self { id: Some(id.clone()), ..self }
    }
}

/// A body that is not a message.
impl From<RpcError> for ErrorResponse {
    fn from(error: RpcError) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, id: None }
    }
}

/// A failure of the store. Another node may know the schema of the record.
impl From<StoreError> for ErrorResponse {
    fn from(error: StoreError) -> Self {
        let status = match error {
            StoreError::NewerSchema { .. } => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self { status, error: error.into(), id: None }
    }
}

impl IntoResponse for ErrorResponse {
    fn into_response(self) -> Response {
        json(self.status, error_message(self.id.as_ref(), &self.error))
    }
}
