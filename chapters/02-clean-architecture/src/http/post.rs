//! Handles POST /mcp: one message of a client.
//! spec: basic/transports (sending messages to the server)

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::engine::Engine;
use crate::protocol::RawJson;
use crate::protocol::jsonrpc::{Message, error_message, response_message};

/// Reads the body, classifies it, and answers it.
pub async fn post(State(engine): State<Arc<Engine>>, body: Bytes) -> Response {
    match Message::parse(&body) {
        Ok(Message::Request(request)) => {
            let outcome = engine.dispatch(&request).await;
            json(StatusCode::OK, response_message(&request.id, outcome))
        }
        Ok(Message::Notification) => StatusCode::ACCEPTED.into_response(),
        Err(error) => json(StatusCode::BAD_REQUEST, error_message(None, &error)),
    }
}

/// One JSON text as a response.
pub fn json(status: StatusCode, message: RawJson) -> Response {
    let text = String::from(Box::<str>::from(message));
    (status, [(CONTENT_TYPE, "application/json")], text).into_response()
}
