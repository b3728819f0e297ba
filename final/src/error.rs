//! The error hierarchy's top, and the one table that decides what an error
//! means to a client: JSON-RPC code, HTTP status, a fixed sentence.
//!
//! Rooms below have an enum of their own and are converted upward with
//! `#[from]`. A client gets a sentence of this table, or the rule that its message or
//! its arguments break, in the words of the room that knows the rule: no text of a
//! Rust error of another room, no path, no key. The log gets the whole chain.

use std::borrow::Cow;
use std::error::Error as _;

use axum::http::{HeaderName, StatusCode};
use serde_json::{Value, json};

use crate::protocol::RawJson;
use crate::protocol::body::ParseError;
use crate::protocol::envelope::BadEnvelope;
use crate::protocol::errors::{
    HEADER_MISMATCH, INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST,
    METHOD_NOT_FOUND, MISSING_CAPABILITY, PARSE_ERROR, RpcError,
    UNSUPPORTED_VERSION,
};
use crate::protocol::jsonrpc::{RequestId, error_message};
use crate::protocol::method::Method;
use crate::protocol::retries::InputRequests;
use crate::protocol::version::{Era, SUPPORTED};
use crate::service::ServiceError;
use crate::sessions::StoreError;
use crate::telemetry::Outcome;

/// Everything that can go wrong with a request.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `Host` is none of ours: DNS rebinding, or a missing `ALLOWED_HOSTS`.
    #[error("host is not allowed")]
    ForbiddenHost,
    /// `CallScope` is a web page that we were not told to trust.
    #[error("origin is not allowed")]
    ForbiddenOrigin,
    /// `Host` is missing, given twice, or no host (RFC 9112, 3.2).
    #[error("a request needs one Host header with a valid host")]
    BadHost,
    /// The target names another host than `Host` (RFC 9112, 3.2.2).
    #[error("Host and the request target disagree")]
    HostMismatch,
    /// The header decides something and has different values.
    #[error("{0} has different values")]
    RepeatedHeader(HeaderName),
    /// The path does not exist.
    #[error("not found, the endpoint is /mcp")]
    NoSuchPath,
    /// The endpoint has no such HTTP method.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// A GET or DELETE of the stateless era, which has neither.
    #[error("this protocol version has only POST")]
    PostOnly,
    /// No token.
    #[error("authentication is required")]
    Unauthorized,
    /// A wrong token.
    #[error("the token is not valid")]
    InvalidToken,
    /// Too many requests; the caller may come back after this many seconds.
    #[error("too many requests")]
    RateLimited(u64),
    /// There are as many connections as may be, of this client or of all.
    #[error("too many connections, try again")]
    TooManyConnections,
    /// The node is shutting down, and sessions could not outlive it.
    #[error("the server is shutting down")]
    Draining,
    /// The body is not declared as JSON.
    #[error("content type must be application/json")]
    UnsupportedMediaType,
    /// The body is compressed.
    #[error("Content-Encoding must be identity")]
    UnsupportedEncoding,
    /// The body is longer than allowed.
    #[error("the body is too large")]
    BodyTooLarge,
    /// The body did not arrive in time, or not at all.
    #[error("the body did not arrive")]
    BodyIncomplete,
    /// The body is not a message.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// An array, in a version that has none.
    #[error("this protocol version has no batches")]
    NoBatches,
    /// A response, but nobody asked in this way.
    #[error("a response needs a session")]
    ResponseWithoutSession,
    /// This header and the body disagree.
    #[error("{0} and the body disagree")]
    HeaderMismatch(Cow<'static, str>),
    /// A request of the stateless era does not say what it must.
    #[error(transparent)]
    BadEnvelope(#[from] BadEnvelope),
    /// The version has no such method; what has one is said for `initialize`.
    #[error("method not found in 2026-07-28{}", hint(.0))]
    NoSuchMethod(Method),
    /// The work needs a capability that the client did not declare.
    #[error("the client capability {0} is required")]
    MissingCapability(&'static str),
    /// A handler has to ask the client first, where no question is possible.
    #[error("the client cannot be asked here")]
    InputRequired(InputRequests),
    /// A protocol version that is not spoken here.
    #[error("protocol version is not supported")]
    UnsupportedVersion(String),
    /// Only `initialize` may come without a session.
    #[error("Mcp-Session-Id is required")]
    SessionRequired,
    /// Over stdio, nothing comes before `initialize`.
    #[error("initialize comes first, and once")]
    NotInitialized,
    /// No such session: it never was, has expired, was ended, is another's.
    #[error("session not found")]
    SessionNotFound,
    /// The version header is not the version of the session.
    #[error("MCP-Protocol-Version is not the session's version")]
    WrongVersion,
    /// The client accepts neither of the types that we can answer with.
    #[error("Accept must allow application/json or text/event-stream")]
    NotAcceptable,
    /// There is nothing to go on with after this event id; why is said.
    #[error("Last-Event-ID cannot be resumed: {0}")]
    CannotResume(&'static str),
    /// A request with this id is already running.
    #[error("a request with this id is already running")]
    DuplicateId,
    /// The caller has as many sessions as it may.
    #[error("too many sessions, end one first")]
    TooManySessions,
    /// The caller listens as often as it may.
    #[error("too many subscriptions, close one first")]
    TooManyListeners,
    /// The method is unknown, or not declared.
    #[error("method not found")]
    MethodNotFound,
    /// The parameters break a rule; the sentence names it.
    #[error("{0}")]
    InvalidParams(Cow<'static, str>),
    /// A request that opens a conversation breaks a rule; no session came of it.
    #[error("{0}")]
    BadHandshake(Cow<'static, str>),
    /// The caller is not offered this resource.
    #[error("resource not found")]
    ResourceNotFound(String, Era),
    /// The caller cancelled the request and takes no empty stream.
    #[error("the request was cancelled")]
    Cancelled,
    /// A handler failed.
    #[error(transparent)]
    Service(ServiceError),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A handler panicked.
    #[error("the handler panicked")]
    Panic,
    /// The node that ran the call is gone, and nobody knows how far it got.
    #[error("the server that ran the request is gone, its outcome is unknown")]
    NodeLost,
}

/// What of a capability is required: a client may have only the other modes.
fn mode(capability: &str) -> Value {
    match capability {
        "elicitation" => json!({ "form": {} }),
        _ => json!({}),
    }
}

/// What to do about a method that only the other versions have (M037).
fn hint(method: &Method) -> &'static str {
    match method {
        Method::Initialize => ", sessions have 2025-11-25 and older versions",
        _ => "",
    }
}

/// Seconds after which a client should try again when storage is away.
const STORE_RETRY_AFTER: u64 = 1;

impl From<ServiceError> for Error {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::InvalidParams(rule) => Self::InvalidParams(rule),
            ServiceError::SessionEnded => Self::SessionNotFound,
            ServiceError::Store(error) => Self::Store(error),
            ServiceError::TooManyTapes => Self::TooManySessions,
            ServiceError::Draining => Self::Draining,
            ServiceError::InputRequired(requests) => Self::InputRequired(requests),
            ServiceError::MissingCapability(name) => Self::MissingCapability(name),
            other => Self::Service(other),
        }
    }
}

/// What a client is told of a fault that only the log explains.
const INTERNAL: &str = "internal error";

/// The fixed sentence for what storage failed with.
fn store_sentence(error: &StoreError) -> &'static str {
    match error {
        StoreError::Unavailable(_) => "storage is unavailable, try again",
        StoreError::OutcomeUnknown(_) => {
            "storage did not confirm the change, its outcome is unknown"
        }
        StoreError::NewerSchema { .. } => {
            "the session belongs to a newer release, try again"
        }
        StoreError::Damaged(_) => "the session is damaged",
    }
}

/// The fixed sentence for what a handler failed with. Those that are an [`Error`] of
/// their own are converted before ([`Error::from`]); they tell nothing here.
fn service_sentence(error: &ServiceError) -> Cow<'static, str> {
    let sentence = match error {
        ServiceError::CannotAsk(question) => {
            let lacks = "the client did not declare the capability for";
            return format!("{lacks} {question}").into();
        }
        ServiceError::ResourceNotFound => "resource not found",
        ServiceError::NoSuchTape => "there is no such tape, or not any more",
        ServiceError::NoStream => {
            "the client accepts no event stream, so it cannot be asked"
        }
        ServiceError::NoAnswer => "the client did not answer in time",
        ServiceError::Refused(_) => "the client refused the question",
        ServiceError::BadAnswer => "the client's answer does not fit the question",
        ServiceError::Store(error) => store_sentence(error),
        ServiceError::Internal(_)
        | ServiceError::InvalidParams(_)
        | ServiceError::SessionEnded
        | ServiceError::TooManyTapes
        | ServiceError::Draining
        | ServiceError::InputRequired(_)
        | ServiceError::MissingCapability(_) => INTERNAL,
    };
    sentence.into()
}

impl Error {
    /// The error for a method that a version does not have, or that the server
    /// does not declare.
    pub fn no_such_method(era: Era, method: Method) -> Self {
        match era {
            Era::Stateful(_) => Self::MethodNotFound,
            Era::Stateless => Self::NoSuchMethod(method),
        }
    }

    /// The HTTP status, where the response can still choose one.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::ForbiddenHost | Self::ForbiddenOrigin => StatusCode::FORBIDDEN,
            Self::NoSuchPath | Self::SessionNotFound | Self::NoSuchMethod(_) => {
                StatusCode::NOT_FOUND
            }
            Self::MethodNotAllowed | Self::PostOnly => {
                StatusCode::METHOD_NOT_ALLOWED
            }
            Self::Unauthorized | Self::InvalidToken => StatusCode::UNAUTHORIZED,
            Self::RateLimited(_)
            | Self::TooManySessions
            | Self::TooManyListeners => StatusCode::TOO_MANY_REQUESTS,
            Self::Draining | Self::Store(_) | Self::TooManyConnections => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::UnsupportedMediaType | Self::UnsupportedEncoding => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyIncomplete => StatusCode::REQUEST_TIMEOUT,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::Parse(_)
            | Self::BadHost
            | Self::HostMismatch
            | Self::RepeatedHeader(_)
            | Self::NoBatches
            | Self::ResponseWithoutSession
            | Self::HeaderMismatch(_)
            | Self::BadEnvelope(_)
            | Self::MissingCapability(_)
            | Self::UnsupportedVersion(_)
            | Self::SessionRequired
            | Self::NotInitialized
            | Self::WrongVersion
            | Self::CannotResume(_)
            | Self::BadHandshake(_)
            | Self::DuplicateId => StatusCode::BAD_REQUEST,
            // What a handler says travels inside a successful exchange.
            Self::MethodNotFound
            | Self::InvalidParams(_)
            | Self::ResourceNotFound(..)
            | Self::InputRequired(_)
            | Self::Cancelled
            | Self::Service(_)
            | Self::NodeLost
            | Self::Panic => StatusCode::OK,
        }
    }

    fn code(&self) -> i32 {
        match self {
            Self::Parse(ParseError::Syntax | ParseError::TooDeep) => PARSE_ERROR,
            Self::MethodNotFound | Self::NoSuchMethod(_) => METHOD_NOT_FOUND,
            Self::InvalidParams(_)
            | Self::BadHandshake(_)
            | Self::BadEnvelope(_) => INVALID_PARAMS,
            Self::Service(
                ServiceError::NoSuchTape | ServiceError::ResourceNotFound,
            ) => INVALID_PARAMS,
            Self::ResourceNotFound(_, era) => era.no_such_resource(),
            Self::HeaderMismatch(_) => HEADER_MISMATCH,
            Self::MissingCapability(_) => MISSING_CAPABILITY,
            Self::UnsupportedVersion(_) => UNSUPPORTED_VERSION,
            Self::Draining
            | Self::TooManyConnections
            | Self::Store(_)
            | Self::Panic
            | Self::InputRequired(_)
            | Self::NodeLost => INTERNAL_ERROR,
            Self::Service(
                ServiceError::NoAnswer
                | ServiceError::Refused(_)
                | ServiceError::BadAnswer
                | ServiceError::Internal(_),
            ) => INTERNAL_ERROR,
            _ => INVALID_REQUEST,
        }
    }

    /// The fixed sentence for the client.
    fn sentence(&self) -> Cow<'static, str> {
        match self {
            Self::Store(error) => store_sentence(error).into(),
            Self::Service(error) => service_sentence(error),
            Self::Parse(ParseError::Syntax) => "the body is not valid JSON".into(),
            Self::Parse(ParseError::TooDeep) => {
                "the body nests deeper than 64 levels".into()
            }
            Self::Parse(ParseError::Shape { rule, .. })
            | Self::BadEnvelope(BadEnvelope(rule)) => (*rule).into(),
            Self::Panic => INTERNAL.into(),
            // The other variants' texts stand above and are such sentences.
            other => other.to_string().into(),
        }
    }

    /// The `error` member of the response.
    pub fn to_rpc(&self) -> RpcError {
        let error = RpcError::new(self.code(), self.sentence());
        match self {
            Self::UnsupportedVersion(requested) => error.with_data(json!({
                "supported": SUPPORTED,
                "requested": requested,
            })),
            Self::MissingCapability(name) => error.with_data(json!({
                "requiredCapabilities": { *name: mode(name) },
            })),
            Self::ResourceNotFound(uri, _) => {
                error.with_data(json!({ "uri": uri }))
            }
            _ => error,
        }
    }

    /// The error response to the request with this id.
    pub fn to_message(&self, id: Option<&RequestId>) -> RawJson {
        error_message(id, &self.to_rpc())
    }

    /// Seconds for `Retry-After`, where waiting helps.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::RateLimited(seconds) => Some(*seconds),
            Self::Draining | Self::TooManyConnections | Self::Store(_) => {
                Some(STORE_RETRY_AFTER)
            }
            _ => None,
        }
    }

    /// How the request counts in the metrics.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Store(_) | Self::Draining => Outcome::Unavailable,
            Self::Panic
            | Self::InputRequired(_)
            | Self::Service(ServiceError::Internal(_)) => Outcome::Failed,
            Self::Cancelled => Outcome::Cancelled,
            _ => Outcome::Refused,
        }
    }

    /// Writes the error with its causes to the log: loud if it is our fault.
    pub fn log(&self) {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let cause_text = error.to_string();
            // Some libraries repeat the cause in their own text.
            if !text.ends_with(&cause_text) {
                text.push_str(": ");
                text.push_str(&cause_text);
            }
            cause = error.source();
        }
        match self.outcome() {
            // Expected, and as many as there are clients.
            _ if matches!(self, Self::Draining) => tracing::debug!("{text}"),
            Outcome::Failed => tracing::error!("{text}"),
            Outcome::Unavailable => tracing::warn!("{text}"),
            _ => tracing::debug!("{text}"),
        }
    }
}
