//! Classifies a POST by its message and the headers beside it.

use axum::http::{HeaderMap, HeaderName};
use serde::Deserialize;

use super::error::HttpError;
use super::session::SESSION_HEADER;
use super::{header_check, single};
use crate::error::Error;
use crate::protocol::jsonrpc::{Message, Request};
use crate::protocol::message_kind::{MessageKind, is_discovery};
use crate::protocol::version::Era;

/// The header that names the protocol version.
pub const VERSION_HEADER: HeaderName =
    HeaderName::from_static("mcp-protocol-version");

/// Classifies a message. Its own envelope comes first, then the version header.
///
/// # Errors
/// [`Error::BadEnvelope`], [`Error::UnsupportedVersion`],
/// [`HttpError::HeaderMismatch`], [`HttpError::ResponseWithoutSession`],
/// [`HttpError::RepeatedHeader`].
pub fn classify(
    headers: &HeaderMap,
    message: Message,
) -> Result<MessageKind, HttpError> {
    let header = version_header(headers);
    let is_modern = header.as_ref().is_ok_and(|header| is_stateless(*header));
    // Discovery without a session can only be meant for the stateless era.
    let is_bare_discovery = header.is_ok()
        && is_discovery(&message)
        && !headers.contains_key(SESSION_HEADER);
    let kind = MessageKind::of(message, is_modern || is_bare_discovery)?;
    match &kind {
        // The header is compared with the envelope later.
        MessageKind::Stateless(..) => {}
        MessageKind::StatelessNotification(notification, version) => {
            version.as_deref().map_or(Ok(()), require_stateless)?;
            header_check::check_if_there(headers, &notification.method)?;
        }
        MessageKind::Initialize(request) => check_handshake(header?, request)?,
        MessageKind::InSession(message) => check_message(header?, message)?,
    }
    Ok(kind)
}

/// Refuses a batch of the stateless era, which has no batches.
///
/// # Errors
/// [`Error::NoBatches`], [`HttpError::RepeatedHeader`].
pub fn check_batch(headers: &HeaderMap) -> Result<(), HttpError> {
    match is_stateless(version_header(headers)?) {
        true => Err(Error::NoBatches.into()),
        false => Ok(()),
    }
}

fn check_message(header: Option<&str>, message: &Message) -> Result<(), HttpError> {
    match (header, message) {
        (header, Message::Response(_)) if is_stateless(header) => {
            Err(HttpError::ResponseWithoutSession)
        }
        (Some(version), _) if Era::parse(version).is_none() => {
            Err(Error::UnsupportedVersion(version.to_owned()).into())
        }
        _ => Ok(()),
    }
}

fn is_stateless(header: Option<&str>) -> bool {
    header.and_then(Era::parse) == Some(Era::Stateless)
}

/// Refuses a version that is not of the stateless era.
///
/// # Errors
/// [`Error::UnsupportedVersion`]
pub fn require_stateless(version: &str) -> Result<(), Error> {
    match Era::parse(version) {
        Some(Era::Stateless) => Ok(()),
        _ => Err(Error::UnsupportedVersion(version.to_owned())),
    }
}

/// Returns the value of the version header. One that is not text is as wrong as any
/// other.
///
/// # Errors
/// [`HttpError::RepeatedHeader`]
pub fn version_header(headers: &HeaderMap) -> Result<Option<&str>, HttpError> {
    let value = single::value(headers, &VERSION_HEADER)?;
    let text = |value| std::str::from_utf8(value).ok().filter(|it| it.is_ascii());
    Ok(value.map(|value| text(value).unwrap_or("?")))
}

/// Checks a handshake, which negotiates the version in the body. A version with
/// sessions in the header is left over from an earlier session and ignored: clients
/// send the header on later requests only, and take a refusal for a sign of an
/// older transport. A header of the stateless era contradicts the handshake.
fn check_handshake(
    header: Option<&str>,
    request: &Request,
) -> Result<(), HttpError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Requested {
        protocol_version: String,
    }
    let header =
        header.filter(|name| !matches!(Era::parse(name), Some(Era::Stateful(_))));
    let params = request.params.as_ref();
    let requested: Option<Requested> =
        params.and_then(|params| serde_json::from_str(params.get()).ok());
    match (header, requested) {
        (Some(header), Some(body)) if header != body.protocol_version => {
            Err(HttpError::HeaderMismatch("MCP-Protocol-Version".into()))
        }
        _ => Ok(()),
    }
}
