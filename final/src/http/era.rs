//! Which era a request belongs to, and what it therefore is.

use axum::http::{HeaderMap, HeaderName};
use serde::Deserialize;

use super::answer::Failure;
use crate::{
    error::Error,
    protocol::{
        body::Body,
        jsonrpc::{Message, Request},
        version::{MODERN, Version, claimed},
    },
};

/// The header that names the protocol version.
pub const VERSION_HEADER: HeaderName =
    HeaderName::from_static("mcp-protocol-version");

/// What a POST turned out to be.
#[derive(Debug)]
pub enum Classified {
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
/// [`Error::UnsupportedVersion`], [`Error::HeaderMismatch`],
/// [`Error::ResponseWithoutSession`].
pub fn classify(headers: &HeaderMap, body: Body) -> Result<Classified, Failure> {
    let header = version_header(headers);
    let message = match body {
        Body::Single(message) => message,
        batch => return Ok(Classified::InSession(batch)),
    };
    let id = message.request_id().cloned();
    if let Message::Request(request) = &message
        && let Some(version) = claimed(request.params.as_ref())
    {
        return Err(Error::UnsupportedVersion(version).at(id));
    }
    match message {
        Message::Request(request) if request.method == "initialize" => {
            initialize(header, request)
        }
        Message::Notification(_) if header == Some(MODERN) => {
            Ok(Classified::Ignored)
        }
        Message::Response(_) if header == Some(MODERN) => {
            Err(Error::ResponseWithoutSession.into())
        }
        message => match header {
            Some(version) if Version::parse(version).is_none() => {
                Err(Error::UnsupportedVersion(version.to_owned()).at(id))
            }
            _ => Ok(Classified::InSession(Body::Single(message))),
        },
    }
}

/// The version header's value; one that is not text is as wrong as any other.
pub fn version_header(headers: &HeaderMap) -> Option<&str> {
    headers.get(VERSION_HEADER).map(|value| value.to_str().unwrap_or("?"))
}

fn initialize(
    header: Option<&str>,
    request: Request,
) -> Result<Classified, Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Requested {
        protocol_version: String,
    }
    let requested = request
        .params
        .as_ref()
        .and_then(|params| serde_json::from_str::<Requested>(params.get()).ok());
    match (header, requested) {
        (Some(header), Some(body)) if header != body.protocol_version => {
            Err(Error::HeaderMismatch.at(Some(request.id)))
        }
        _ => Ok(Classified::Initialize(request)),
    }
}
