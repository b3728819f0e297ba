//! DELETE on the endpoint, and what every request of a session shows.
//! spec: basic/transports (session management, protocol version header)

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};

use super::answer::Failure;
use crate::engine::Engine;
use crate::sessions::{SessionId, SessionRecord};

/// The header that names the session.
pub const SESSION_HEADER: &str = "mcp-session-id";

/// The header that names the protocol version.
pub const VERSION_HEADER: &str = "mcp-protocol-version";

/// DELETE /mcp: the client ends its session.
pub async fn end(
    State(engine): State<Arc<Engine>>,
    headers: HeaderMap,
) -> Result<StatusCode, Failure> {
    let id = enter(&engine, &headers)?.id;
    if engine.terminate(&id) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(not_found())
    }
}

/// The session that a request names, at the version that it negotiated.
///
/// # Errors
/// 400 without a session or with another version, 404 if the session is unknown
/// or has ended.
pub fn enter(
    engine: &Engine,
    headers: &HeaderMap,
) -> Result<SessionRecord, Failure> {
    let named = headers.get(SESSION_HEADER);
    let named = named.ok_or_else(|| bad_request("Mcp-Session-Id is required"))?;
    // An id that we cannot have issued is as unknown as one that has ended.
    let id = named.to_str().ok().and_then(SessionId::parse);
    let id = id.ok_or_else(not_found)?;
    let session = engine.enter(&id).ok_or_else(not_found)?;
    match headers.get(VERSION_HEADER) {
        Some(version) if version != session.version => {
            Err(bad_request("MCP-Protocol-Version is not the session's version"))
        }
        // Without the header the version is known from the record (L067).
        _ => Ok(session),
    }
}

fn bad_request(rule: &'static str) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, rule)
}

fn not_found() -> Failure {
    Failure::new(StatusCode::NOT_FOUND, "session not found")
}
