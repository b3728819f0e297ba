//! GET and DELETE on the endpoint, and the headers of every request in a session.
//! spec: basic/transports (listening, session management)

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::Response;

use super::accept::Accepts;
use super::authentication::caller;
use super::era::version_header;
use super::error::HttpError;
use super::error_response::ErrorResponse;
use super::guards::hang_up;
use super::{Http, single, sse};
use crate::engine::{Caller, Session};
use crate::error::Error;
use crate::protocol::version::Era;
use crate::sessions::{SessionId, SessionInit};

/// The header that names the session.
pub const SESSION_HEADER: HeaderName = HeaderName::from_static("mcp-session-id");

/// The header that names the event after which a stream resumes.
pub const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Handles GET /mcp: opens the stream for messages that belong to no request, or
/// resumes any stream of the session.
pub async fn listen(
    State(http): State<Arc<Http>>,
    request: Request,
) -> Result<Response, ErrorResponse> {
    let headers = request.headers();
    require_stateful(headers)?;
    let caller = caller(request.extensions())?;
    let is_acceptable = Accepts::of(headers).stream;
    let session =
        require_session(&http, headers, &caller, 0, is_acceptable).await?;
    let hang_up = hang_up(request.extensions());
    let reader = match single::value(headers, &LAST_EVENT_ID)? {
        None => http.engine.streams.open_get_stream(&session, hang_up).await?,
        Some(seen) => {
            let seen = std::str::from_utf8(seen).unwrap_or_default();
            http.engine.streams.resume(&session, seen, hang_up).await?
        }
    };
    Ok(sse::stream(&http.metrics.get_streams, reader))
}

/// Handles DELETE /mcp: ends the session.
pub async fn delete(
    State(http): State<Arc<Http>>,
    request: Request,
) -> Result<StatusCode, ErrorResponse> {
    require_stateful(request.headers())?;
    let id = session_id(request.headers())?;
    let caller = caller(request.extensions())?;
    let engine = http.engine.clone();
    let work = async move { engine.terminate(&id, &caller).await };
    http.engine.detached(Box::pin(work)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Refuses the stateless era, which has neither GET nor DELETE.
fn require_stateful(headers: &HeaderMap) -> Result<(), HttpError> {
    let Some(version) = version_header(headers)? else {
        return Ok(());
    };
    match Era::parse(version) {
        Some(Era::Stateful(_)) => Ok(()),
        Some(Era::Stateless) => Err(HttpError::PostOnly),
        None => Err(Error::UnsupportedVersion(version.to_owned()).into()),
    }
}

/// Loads the session that a request names, counts its requests and checks the
/// version header. If the client does not accept the answer, the session is not
/// touched.
///
/// # Errors
/// Those of [`session_id`], [`check_version`] and [`Engine::load_and_touch`];
/// [`HttpError::NotAcceptable`].
///
/// [`Engine::load_and_touch`]: crate::engine::Engine::load_and_touch
pub async fn require_session(
    http: &Http,
    headers: &HeaderMap,
    caller: &Caller,
    requests: usize,
    is_acceptable: bool,
) -> Result<Arc<Session>, HttpError> {
    let id = session_id(headers)?;
    let session = match is_acceptable {
        true => http.engine.load_and_touch(&id, caller, requests).await?,
        false => http.engine.load(&id, caller).await?,
    };
    check_version(headers, session.init())?;
    match is_acceptable {
        true => Ok(session),
        false => Err(HttpError::NotAcceptable),
    }
}

/// Returns the session id that a request names. An id that this server cannot have
/// issued is as unknown as one that has expired.
///
/// # Errors
/// [`HttpError::SessionRequired`], [`Error::SessionNotFound`],
/// [`HttpError::RepeatedHeader`].
pub fn session_id(headers: &HeaderMap) -> Result<SessionId, HttpError> {
    let value = single::value(headers, &SESSION_HEADER)?;
    let value = std::str::from_utf8(value.ok_or(HttpError::SessionRequired)?);
    let id = value.ok().and_then(SessionId::parse);
    Ok(id.ok_or(Error::SessionNotFound)?)
}

/// Checks the version header, which repeats the session's negotiated version.
/// Without the header the version is known from the record (L067, L207).
///
/// # Errors
/// [`HttpError::WrongVersion`], [`HttpError::RepeatedHeader`].
pub fn check_version(
    headers: &HeaderMap,
    session: &SessionInit,
) -> Result<(), HttpError> {
    let negotiated = session.era.as_str();
    match version_header(headers)? {
        Some(version) if version != negotiated => Err(HttpError::WrongVersion),
        _ => Ok(()),
    }
}
