//! The error hierarchy's top, and the one table that decides what an error means.
//!
//! Modules below have an enum of their own, which `#[from]` converts upward. Errors
//! that only HTTP can detect are in [`crate::http::error`], in the same form. A
//! client gets a sentence of these tables, or the rule that its message or its
//! arguments break: no text of another error, no path, no key. The log gets the
//! causes too.

mod meaning;

use std::borrow::Cow;

use serde_json::{Value, json};

pub use self::meaning::Meaning;
pub(crate) use self::meaning::{invalid, refused};

use self::meaning::{bad_params, failed, unavailable};
use crate::protocol::RawJson;
use crate::protocol::body::ParseError;
use crate::protocol::envelope::BadEnvelope;
use crate::protocol::errors::{
    INTERNAL_ERROR, METHOD_NOT_FOUND, MISSING_CAPABILITY, PARSE_ERROR,
    UNSUPPORTED_VERSION,
};
use crate::protocol::jsonrpc::{RequestId, error_message};
use crate::protocol::method::Method;
use crate::protocol::version::{Era, SUPPORTED};
use crate::service::ServiceError;
use crate::sessions::StoreError;
use crate::telemetry::Outcome;

/// Everything that can go wrong with a request, on either transport.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.meaning().sentence)]
pub enum Error {
    /// The bytes are not a message.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The message is longer than allowed.
    BodyTooLarge,
    /// An array, in a version that has none.
    NoBatches,
    /// A request of the stateless era does not say what it must.
    #[error(transparent)]
    BadEnvelope(#[from] BadEnvelope),
    /// The server does not speak this protocol version.
    UnsupportedVersion(String),
    /// The client sends too much; it may try again after this many seconds.
    RateLimited(u64),
    /// The node is shutting down, and what is asked for could not outlive it.
    Draining,
    /// Over stdio, nothing comes before `initialize`.
    NotInitialized,
    /// A request that opens a session breaks this rule, and opened none.
    BadHandshake(Cow<'static, str>),
    /// The session never existed, has expired, was ended, or is another caller's.
    SessionNotFound,
    /// The caller has as many sessions as it may.
    TooManySessions,
    /// The caller has as many subscriptions as it may.
    TooManyListeners,
    /// A request with this id is already running.
    DuplicateId,
    /// The stream cannot be resumed after this event, for this reason.
    CannotResume(&'static str),
    /// The method is unknown, or not declared.
    MethodNotFound,
    /// The stateless era does not have this method.
    NoSuchMethod(Method),
    /// The parameters break this rule.
    InvalidParams(Cow<'static, str>),
    /// The caller is not offered this resource.
    ResourceNotFound(String, Era),
    /// A handler failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A handler panicked.
    #[error("the handler panicked")]
    Panic,
    /// The node that ran the call is gone, so the outcome is unknown.
    NodeLost,
}

impl Error {
    /// Returns what the error means to a client and to operators: the table. What
    /// is wrong inside a call is a 200, because the exchange itself was successful.
    pub fn meaning(&self) -> Meaning {
        match self {
            Self::Parse(ParseError::Syntax) => {
                refused(400, PARSE_ERROR, "the body is not valid JSON")
            }
            Self::Parse(ParseError::TooDeep) => {
                refused(400, PARSE_ERROR, "the body nests deeper than 64 levels")
            }
            Self::Parse(ParseError::Shape { rule, .. }) => invalid(400, *rule),
            Self::BodyTooLarge => invalid(413, "the body is too large"),
            Self::NoBatches => invalid(400, "this protocol version has no batches"),
            Self::BadEnvelope(BadEnvelope(rule)) => bad_params(400, *rule),
            Self::UnsupportedVersion(requested) => {
                let sentence = "protocol version is not supported";
                let data =
                    json!({ "supported": SUPPORTED, "requested": requested });
                refused(400, UNSUPPORTED_VERSION, sentence).with_data(data)
            }
            Self::RateLimited(seconds) => {
                invalid(429, "too many requests").after(*seconds)
            }
            Self::Draining | Self::Service(ServiceError::Draining) => {
                unavailable("the server is shutting down").expected()
            }
            Self::NotInitialized => {
                invalid(400, "initialize comes first, and once")
            }
            Self::BadHandshake(rule) => bad_params(400, rule.clone()),
            Self::SessionNotFound | Self::Service(ServiceError::SessionEnded) => {
                invalid(404, "session not found")
            }
            Self::TooManySessions | Self::Service(ServiceError::TooManyTapes) => {
                invalid(429, "too many sessions, end one first")
            }
            Self::TooManyListeners => {
                invalid(429, "too many subscriptions, close one first")
            }
            Self::DuplicateId => {
                invalid(400, "a request with this id is already running")
            }
            Self::CannotResume(reason) => {
                invalid(400, format!("Last-Event-ID cannot be resumed: {reason}"))
            }
            Self::MethodNotFound => {
                refused(200, METHOD_NOT_FOUND, "method not found")
            }
            // M037: what to do about it.
            Self::NoSuchMethod(Method::Initialize) => refused(
                404,
                METHOD_NOT_FOUND,
                "method not found in 2026-07-28, sessions have 2025-11-25 and \
                 older versions",
            ),
            Self::NoSuchMethod(_) => {
                refused(404, METHOD_NOT_FOUND, "method not found in 2026-07-28")
            }
            Self::InvalidParams(rule)
            | Self::Service(ServiceError::InvalidParams(rule)) => {
                bad_params(200, rule.clone())
            }
            Self::ResourceNotFound(uri, era) => {
                refused(200, era.no_such_resource(), "resource not found")
                    .with_data(json!({ "uri": uri }))
            }
            Self::Service(ServiceError::ResourceNotFound) => {
                bad_params(200, "resource not found")
            }
            Self::Service(ServiceError::NoSuchTape) => {
                bad_params(200, "there is no such tape, or not any more")
            }
            Self::Service(ServiceError::InputRequired(_)) => {
                failed("the client cannot be asked here")
            }
            Self::Service(ServiceError::MissingCapability(name)) => {
                let sentence = format!("the client capability {name} is required");
                let data = json!({ "requiredCapabilities": { *name: mode(name) } });
                refused(400, MISSING_CAPABILITY, sentence).with_data(data)
            }
            Self::Service(ServiceError::CannotAsk(question)) => {
                let lacks = "the client did not declare the capability for";
                invalid(200, format!("{lacks} {question}"))
            }
            Self::Service(ServiceError::NoStream) => invalid(
                200,
                "the client accepts no event stream, so it cannot be asked",
            ),
            Self::Service(ServiceError::NoAnswer) => {
                refused(200, INTERNAL_ERROR, "the client did not answer in time")
            }
            Self::Service(ServiceError::Refused(_)) => {
                refused(200, INTERNAL_ERROR, "the client refused the question")
            }
            Self::Service(ServiceError::BadAnswer) => refused(
                200,
                INTERNAL_ERROR,
                "the client's answer does not fit the question",
            ),
            Self::Store(error) | Self::Service(ServiceError::Store(error)) => {
                unavailable(match error {
                    StoreError::Unavailable(_) => {
                        "storage is unavailable, try again"
                    }
                    StoreError::OutcomeUnknown(_) => {
                        "storage did not confirm the change, its outcome is unknown"
                    }
                    StoreError::NewerSchema { .. } => {
                        "the session belongs to a newer release, try again"
                    }
                    StoreError::Damaged(_) => "the session is damaged",
                })
            }
            Self::Panic | Self::Service(ServiceError::Internal(_)) => {
                failed("internal error")
            }
            Self::NodeLost => refused(
                200,
                INTERNAL_ERROR,
                "the server that ran the request is gone, its outcome is unknown",
            ),
        }
    }

    /// The error for a method that a version does not have, or that the server
    /// does not declare.
    pub fn no_such_method(era: Era, method: Method) -> Self {
        match era {
            Era::Stateful(_) => Self::MethodNotFound,
            Era::Stateless => Self::NoSuchMethod(method),
        }
    }

    /// Returns how the request counts in the metrics.
    pub fn outcome(&self) -> Outcome {
        self.meaning().outcome
    }

    /// Writes the error response to the request with this id.
    pub fn to_message(&self, id: Option<&RequestId>) -> RawJson {
        error_message(id, &self.meaning().into())
    }

    /// Writes the error with its causes to the log.
    pub fn log(&self) {
        self.meaning().log(self);
    }
}

/// Returns the mode of a capability that is required, because a client may have only
/// the others.
fn mode(capability: &str) -> Value {
    match capability {
        "elicitation" => json!({ "form": {} }),
        _ => json!({}),
    }
}
