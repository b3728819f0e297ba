//! Which era a request belongs to, and what it therefore is.

use axum::http::{HeaderMap, HeaderName};
use serde::Deserialize;

use super::error::HttpError;
use super::error_response::ErrorResponse;
use super::session::SESSION_HEADER;
use super::{header_check, single};
use crate::error::Error;
use crate::protocol::body::Body;
use crate::protocol::envelope::{BadEnvelope, Envelope};
use crate::protocol::jsonrpc::{Message, Request};
use crate::protocol::method::Method;
use crate::protocol::version::Era;

/// The header that names the protocol version.
pub const VERSION_HEADER: HeaderName =
    HeaderName::from_static("mcp-protocol-version");

/// What a POST turned out to be.
#[derive(Debug)]
pub enum PostKind {
    /// A request of the stateless era.
    Stateless(Request, Envelope),
    /// The handshake that opens a session.
    Initialize(Request),
    /// For a session.
    InSession(Body),
    /// A notification of the stateless era, which there is nobody to tell.
    Ignored,
}

/// Decides the era. The body speaks first: a version in `_meta` is a claim to
/// the stateless era, `initialize` to the stateful one; then the header. An
/// array can only belong to a session.
///
/// # Errors
/// [`Error::BadEnvelope`], [`Error::UnsupportedVersion`],
/// [`HttpError::HeaderMismatch`], [`HttpError::ResponseWithoutSession`],
/// [`Error::NoBatches`], [`HttpError::RepeatedHeader`].
pub fn classify(
    headers: &HeaderMap,
    body: Body,
) -> Result<PostKind, ErrorResponse> {
    let header = version_header(headers);
    let message = match body {
        Body::Single(message) => message,
        batch => return batch_in_session(header?, batch),
    };
    let id = message.request_id().cloned();
    let refuse = |error: HttpError| Err(ErrorResponse::from(error).at(id.as_ref()));
    let claim = Envelope::of(message.params());
    let header = match header {
        Ok(header) => header,
        // Compared with the body later.
        Err(_) if claim.is_some() => None,
        Err(error) => return refuse(error),
    };
    let is_modern = is_stateless(header);
    match (message, claim) {
        (Message::Request(request), Some(Ok(envelope))) => {
            Ok(PostKind::Stateless(request, envelope))
        }
        (Message::Request(_), Some(Err(bad))) => refuse(bad.into()),
        (Message::Request(request), None) if request.method == "initialize" => {
            initialize(header, request)
        }
        (Message::Request(request), None)
            if is_modern || is_bare_discovery(headers, &request) =>
        {
            refuse(BadEnvelope("_meta needs a protocolVersion").into())
        }
        (Message::Notification(notification), claim)
            if is_modern || claim.is_some() =>
        {
            let Some(Ok(Envelope { version, .. })) = claim else {
                return ignore(headers, &notification.method);
            };
            match Era::parse(&version) {
                Some(Era::Stateless) => ignore(headers, &notification.method),
                _ => refuse(Error::UnsupportedVersion(version).into()),
            }
        }
        (Message::Response(_), _) if is_modern => {
            refuse(HttpError::ResponseWithoutSession)
        }
        (message, _) => match header {
            Some(version) if Era::parse(version).is_none() => {
                refuse(Error::UnsupportedVersion(version.to_owned()).into())
            }
            _ => Ok(PostKind::InSession(Body::Single(message))),
        },
    }
}

fn batch_in_session(
    header: Option<&str>,
    batch: Body,
) -> Result<PostKind, ErrorResponse> {
    match is_stateless(header) {
        true => Err(Error::NoBatches.into()),
        false => Ok(PostKind::InSession(batch)),
    }
}

fn is_stateless(header: Option<&str>) -> bool {
    header.and_then(Era::parse) == Some(Era::Stateless)
}

/// Nobody waits for what a notification could be about: a request ends with its
/// connection.
fn ignore(headers: &HeaderMap, method: &str) -> Result<PostKind, ErrorResponse> {
    header_check::check_if_there(headers, method)?;
    Ok(PostKind::Ignored)
}

/// Discovery exists in the stateless era only, so that is what is meant.
fn is_bare_discovery(headers: &HeaderMap, request: &Request) -> bool {
    Method::parse(&request.method) == Method::Discover
        && headers.get(SESSION_HEADER).is_none()
}

/// The version header's value; one that is not text is as wrong as any other.
///
/// # Errors
/// [`HttpError::RepeatedHeader`]
pub fn version_header(headers: &HeaderMap) -> Result<Option<&str>, HttpError> {
    let value = single::value(headers, &VERSION_HEADER)?;
    let text = |value| std::str::from_utf8(value).ok().filter(|it| it.is_ascii());
    Ok(value.map(|value| text(value).unwrap_or("?")))
}

/// The version is negotiated in the body. A version with sessions in the header is
/// left over from an earlier session and ignored: clients send the header on later
/// requests only, and take a refusal for a sign of an older transport. A
/// header of the stateless era contradicts the handshake.
fn initialize(
    header: Option<&str>,
    request: Request,
) -> Result<PostKind, ErrorResponse> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Requested {
        protocol_version: String,
    }
    let header =
        header.filter(|name| !matches!(Era::parse(name), Some(Era::Stateful(_))));
    let requested = request
        .params
        .as_ref()
        .and_then(|params| serde_json::from_str::<Requested>(params.get()).ok());
    match (header, requested) {
        (Some(header), Some(body)) if header != body.protocol_version => {
            let error = HttpError::HeaderMismatch("MCP-Protocol-Version".into());
            Err(ErrorResponse::from(error).at(&request.id))
        }
        _ => Ok(PostKind::Initialize(request)),
    }
}
