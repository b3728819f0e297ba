//! Classifies a POST: the body, and the headers beside it.

use axum::http::{HeaderMap, HeaderName};
use serde::Deserialize;

use super::error::HttpError;
use super::session::SESSION_HEADER;
use super::{header_check, single};
use crate::error::Error;
use crate::protocol::body::{Body, ParseError};
use crate::protocol::envelope::Envelope;
use crate::protocol::jsonrpc::{Message, Request};
use crate::protocol::message_kind::{MessageKind, is_discovery};
use crate::protocol::version::Era;

/// The header that names the protocol version.
pub const VERSION_HEADER: HeaderName =
    HeaderName::from_static("mcp-protocol-version");

/// What a POST is.
#[derive(Debug)]
pub enum PostKind {
    /// A request of the stateless era.
    Stateless(Request, Envelope),
    /// The handshake that opens a session.
    Initialize(Request),
    /// A message of a session.
    InSession(Message),
    /// An array, which only a session can have.
    Batch(Vec<Result<Message, ParseError>>),
    /// A notification of the stateless era.
    Ignored,
}

/// Classifies a body. What it says itself comes first, then the version header.
///
/// # Errors
/// [`Error::BadEnvelope`], [`Error::UnsupportedVersion`], [`Error::NoBatches`],
/// [`HttpError::HeaderMismatch`], [`HttpError::ResponseWithoutSession`],
/// [`HttpError::RepeatedHeader`].
pub fn classify(headers: &HeaderMap, body: Body) -> Result<PostKind, HttpError> {
    let header = version_header(headers);
    let is_modern = header.as_ref().is_ok_and(|header| is_stateless(*header));
    let message = match body {
        Body::Batch(_) if is_modern => return Err(Error::NoBatches.into()),
        Body::Batch(messages) => return header.map(|_| PostKind::Batch(messages)),
        Body::Single(message) => message,
    };
    // Discovery without a session can only be meant for the stateless era.
    let is_bare_discovery = header.is_ok()
        && is_discovery(&message)
        && !headers.contains_key(SESSION_HEADER);
    match MessageKind::of(message, is_modern || is_bare_discovery)? {
        // The header is compared with the envelope later.
        MessageKind::Stateless(request, envelope) => {
            Ok(PostKind::Stateless(request, envelope))
        }
        MessageKind::StatelessNotification(notification, version) => {
            if let Some(version) = version {
                require_stateless(&version)?;
            }
            header_check::check_if_there(headers, &notification.method)?;
            Ok(PostKind::Ignored)
        }
        MessageKind::Initialize(request) => initialize(header?, request),
        MessageKind::InSession(message) => in_session(header?, message),
    }
}

fn in_session(
    header: Option<&str>,
    message: Message,
) -> Result<PostKind, HttpError> {
    match (header, &message) {
        (header, Message::Response(_)) if is_stateless(header) => {
            Err(HttpError::ResponseWithoutSession)
        }
        (Some(version), _) if Era::parse(version).is_none() => {
            Err(Error::UnsupportedVersion(version.to_owned()).into())
        }
        _ => Ok(PostKind::InSession(message)),
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

/// Returns the version header's value; one that is not text is as wrong as any other.
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
) -> Result<PostKind, HttpError> {
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
            Err(HttpError::HeaderMismatch("MCP-Protocol-Version".into()))
        }
        _ => Ok(PostKind::Initialize(request)),
    }
}
