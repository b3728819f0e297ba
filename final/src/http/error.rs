//! Errors that only HTTP can detect, and their meaning.

use std::borrow::Cow;

use axum::http::HeaderName;
use axum::http::header::{ACCEPT_ENCODING, ALLOW, WWW_AUTHENTICATE};

use crate::error::{Error, Meaning, invalid, refused};
use crate::protocol::errors::{HEADER_MISMATCH, INTERNAL_ERROR, INVALID_REQUEST};
use crate::telemetry::Outcome;

/// The methods of the endpoint, for `Allow`.
pub const ALLOWED_METHODS: &str = "GET, POST, DELETE";

/// The errors of an HTTP request.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.meaning().sentence)]
pub enum HttpError {
    /// `Host` is not allowed: DNS rebinding, or a missing item of `ALLOWED_HOSTS`.
    ForbiddenHost,
    /// `Origin` is a web page that the settings do not trust.
    ForbiddenOrigin,
    /// `Host` is missing, given twice, or no host (RFC 9112, 3.2).
    BadHost,
    /// The target names another host than `Host` (RFC 9112, 3.2.2).
    HostMismatch,
    /// The header decides something and has different values.
    RepeatedHeader(HeaderName),
    /// The path does not exist.
    NoSuchPath,
    /// The endpoint does not have this HTTP method.
    MethodNotAllowed,
    /// A GET or DELETE of the stateless era, which has neither method.
    PostOnly,
    /// The request has no token.
    Unauthorized,
    /// The token is wrong.
    InvalidToken,
    /// The connection limit of this client, or of all, is reached.
    TooManyConnections,
    /// The body is not declared as JSON.
    UnsupportedMediaType,
    /// The body is compressed.
    UnsupportedEncoding,
    /// The body did not arrive in time, or not at all.
    BodyIncomplete,
    /// The client accepts neither of the types that the server can answer with.
    NotAcceptable,
    /// This header and the body disagree.
    HeaderMismatch(Cow<'static, str>),
    /// A response in the stateless era, which has no session for it.
    ResponseWithoutSession,
    /// A request without a session that is not `initialize`.
    SessionRequired,
    /// The version header is not the version of the session.
    WrongVersion,
    /// The request was cancelled, and its client takes no empty stream.
    Cancelled,
    /// An error that both transports have.
    #[error(transparent)]
    Engine(Error),
}

impl<E: Into<Error>> From<E> for HttpError {
    fn from(error: E) -> Self {
        Self::Engine(error.into())
    }
}

impl HttpError {
    /// Returns the meaning of the error: the table.
    pub fn meaning(&self) -> Meaning {
        match self {
            Self::ForbiddenHost => invalid(403, "host is not allowed"),
            Self::ForbiddenOrigin => invalid(403, "origin is not allowed"),
            Self::BadHost => {
                invalid(400, "a request needs one Host header with a valid host")
            }
            Self::HostMismatch => {
                invalid(400, "Host and the request target disagree")
            }
            Self::RepeatedHeader(name) => {
                invalid(400, format!("{name} has different values"))
            }
            Self::NoSuchPath => invalid(404, "not found, the endpoint is /mcp"),
            Self::MethodNotAllowed => invalid(405, "method not allowed"),
            Self::PostOnly => invalid(405, "this protocol version has only POST"),
            Self::Unauthorized => invalid(401, "authentication is required"),
            Self::InvalidToken => invalid(401, "the token is not valid"),
            Self::TooManyConnections => {
                refused(503, INTERNAL_ERROR, "too many connections, try again")
                    .after(1)
            }
            Self::UnsupportedMediaType => {
                invalid(415, "content type must be application/json")
            }
            Self::UnsupportedEncoding => {
                invalid(415, "Content-Encoding must be identity")
            }
            Self::BodyIncomplete => invalid(408, "the body did not arrive"),
            Self::NotAcceptable => invalid(
                406,
                "Accept must allow application/json or text/event-stream",
            ),
            Self::HeaderMismatch(header) => {
                let sentence = format!("{header} and the body disagree");
                refused(400, HEADER_MISMATCH, sentence)
            }
            Self::ResponseWithoutSession => {
                invalid(400, "a response needs a session")
            }
            Self::SessionRequired => invalid(400, "Mcp-Session-Id is required"),
            Self::WrongVersion => {
                invalid(400, "MCP-Protocol-Version is not the session's version")
            }
            Self::Cancelled => cancelled("the request was cancelled"),
            Self::Engine(error) => error.meaning(),
        }
    }

    /// Returns the header that explains the status, where HTTP has one.
    pub fn header(&self) -> Option<(HeaderName, &'static str)> {
        match self {
            Self::MethodNotAllowed => Some((ALLOW, ALLOWED_METHODS)),
            Self::PostOnly => Some((ALLOW, "POST")),
            Self::Unauthorized => Some((WWW_AUTHENTICATE, "Bearer")),
            Self::InvalidToken => {
                Some((WWW_AUTHENTICATE, r#"Bearer error="invalid_token""#))
            }
            Self::UnsupportedEncoding => Some((ACCEPT_ENCODING, "identity")),
            _ => None,
        }
    }
}

/// Returns the meaning of a request that its client has cancelled.
fn cancelled(sentence: &'static str) -> Meaning {
    let outcome = Outcome::Cancelled;
    Meaning { outcome, ..refused(200, INVALID_REQUEST, sentence) }
}
