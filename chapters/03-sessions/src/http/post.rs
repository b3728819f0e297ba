//! POST /mcp: the client says something.
//! spec: basic/transports (sending messages to the server)

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::answer::{Failure, json};
use super::session::{SESSION_HEADER, enter};
use crate::engine::Engine;
use crate::protocol::jsonrpc::{
    Message, Request, error_message, response_message, result_message,
};

/// Reads the body, decides what it is, and answers it.
pub async fn post(
    State(engine): State<Arc<Engine>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    match Message::parse(&body)? {
        Message::Request(request) if request.method == "initialize" => {
            Ok(initialize(&engine, &request))
        }
        Message::Request(request) => {
            let session = enter(&engine, &headers)
                .map_err(|refusal| refusal.at(&request.id))?;
            let outcome = engine.call(session, &request).await;
            Ok(json(StatusCode::OK, response_message(&request.id, outcome)))
        }
        Message::Notification => {
            enter(&engine, &headers)?;
            Ok(StatusCode::ACCEPTED.into_response())
        }
    }
}

/// The one request that comes without a session, because it opens one.
fn initialize(engine: &Engine, Request { id, params, .. }: &Request) -> Response {
    match engine.initialize(params.as_ref()) {
        Ok((session, result)) => {
            let header = [(SESSION_HEADER, session.to_string())];
            let message = json(StatusCode::OK, result_message(id, &result));
            (header, message).into_response()
        }
        Err(error) => json(StatusCode::OK, error_message(Some(id), &error)),
    }
}
