//! Handles POST /mcp: one message of a client.
//! spec: basic/transports (sending messages to the server)

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::error_response::{ErrorResponse, json};
use super::session::{SESSION_HEADER, require_session};
use crate::engine::Engine;
use crate::protocol::jsonrpc::{
    Message, Request, error_message, response_message, result_message,
};

/// Reads the body, classifies it, and answers it.
pub async fn post(
    State(engine): State<Arc<Engine>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ErrorResponse> {
    match Message::parse(&body)? {
        Message::Request(request) if request.method == "initialize" => {
            Ok(initialize(&engine, &request).await)
        }
        Message::Request(request) => {
            let session = require_session(&engine, &headers, 1)
                .await
                .map_err(|refusal| refusal.at(&request.id))?;
            let outcome = engine.call(session, &request).await;
            Ok(json(StatusCode::OK, response_message(&request.id, outcome)))
        }
        Message::Notification(notification) => {
            let session = require_session(&engine, &headers, 0).await?;
            engine.notify(&session, notification).await?;
            Ok(StatusCode::ACCEPTED.into_response())
        }
    }
}

/// Handles the one request that has no session, because it opens one.
async fn initialize(
    engine: &Engine,
    Request { id, params, .. }: &Request,
) -> Response {
    match engine.initialize(params.as_ref()).await {
        Ok((session, result)) => {
            let header = [(SESSION_HEADER, session.to_string())];
            let message = json(StatusCode::OK, result_message(id, &result));
            (header, message).into_response()
        }
        Err(error) => json(StatusCode::OK, error_message(Some(id), &error)),
    }
}
