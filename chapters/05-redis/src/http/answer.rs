//! How an answer becomes an HTTP response.

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

/// A refusal, and the id of the request that it belongs to, if that was read.
#[derive(Debug)]
pub struct Failure {
    status: StatusCode,
    error: RpcError,
    id: Option<RequestId>,
}

impl Failure {
    /// A refusal under this status, for a request that breaks `rule`.
    pub fn new(status: StatusCode, rule: &'static str) -> Self {
        Self { status, error: RpcError::new(INVALID_REQUEST, rule), id: None }
    }

    /// The same as the answer to the request with this id.
    pub fn at(self, id: &RequestId) -> Self {
        Self { id: Some(id.clone()), ..self }
    }
}

/// What is no message at all.
impl From<RpcError> for Failure {
    fn from(error: RpcError) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, id: None }
    }
}

/// What storage did not do.
impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self { status, error: error.into(), id: None }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        json(self.status, error_message(self.id.as_ref(), &self.error))
    }
}
