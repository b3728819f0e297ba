//! DELETE on the endpoint, and the headers of every request in a session.
//! spec: basic/transports (session management, protocol version header)

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};

use super::error_response::ErrorResponse;
use crate::engine::Engine;
use crate::service::Session;
use crate::sessions::SessionId;

/// The header that names the session.
pub const SESSION_HEADER: &str = "mcp-session-id";

/// The header that names the protocol version.
pub const VERSION_HEADER: &str = "mcp-protocol-version";

/// Handles DELETE /mcp: ends the session.
pub async fn delete(
    State(engine): State<Arc<Engine>>,
    headers: HeaderMap,
) -> Result<StatusCode, ErrorResponse> {
    if engine.terminate(&session_id(&headers)?).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(not_found())
    }
}

/// Loads the session that a request names, counts its requests and checks the
/// version header.
///
/// # Errors
/// 400 without a session or with another version, 404 if the session is unknown or
/// has ended, 500 if the store does not answer, 503 if only a newer release can read
/// the record.
pub async fn require_session(
    engine: &Engine,
    headers: &HeaderMap,
    requests: usize,
) -> Result<Arc<Session>, ErrorResponse> {
    let id = session_id(headers)?;
    let found = engine.load_and_touch(&id, requests).await?;
    let session = found.ok_or_else(not_found)?;
    match headers.get(VERSION_HEADER) {
        Some(version) if version != session.init().version => {
            Err(bad_request("MCP-Protocol-Version is not the session's version"))
        }
        // Without the header the version is known from the record (L067).
        _ => Ok(session),
    }
}

/// Returns the session id that a request names.
fn session_id(headers: &HeaderMap) -> Result<SessionId, ErrorResponse> {
    let named = headers.get(SESSION_HEADER);
    let named = named.ok_or_else(|| bad_request("Mcp-Session-Id is required"))?;
    // An id that we cannot have issued is as unknown as one that has ended.
    let id = named.to_str().ok().and_then(SessionId::parse);
    id.ok_or_else(not_found)
}

fn bad_request(rule: &'static str) -> ErrorResponse {
    ErrorResponse::new(StatusCode::BAD_REQUEST, rule)
}

fn not_found() -> ErrorResponse {
    ErrorResponse::new(StatusCode::NOT_FOUND, "session not found")
}
