//! The errors of handlers.

use std::borrow::Cow;

use crate::protocol::errors::RpcError;
use crate::protocol::retries::InputRequests;
use crate::sessions::StoreError;

/// The reason why a handler did not produce a result. [`crate::error`] decides what
/// the caller sees of it.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The parameters break a rule. The caller gets the sentence.
    #[error("{0}")]
    InvalidParams(Cow<'static, str>),
    /// The resource does not exist.
    #[error("resource not found")]
    ResourceNotFound,
    /// The session ended while the handler ran.
    #[error("the session has ended")]
    SessionEnded,
    /// The tape never existed, has expired, was closed, or belongs to another
    /// owner.
    #[error("there is no such tape, or not any more")]
    NoSuchTape,
    /// The caller has reached its limit of sessions and tapes.
    #[error("too many tapes, close one first")]
    TooManyTapes,
    /// The node is shutting down, and a tape could not outlive it.
    #[error("the server is shutting down")]
    Draining,
    /// The client has to be asked first. Not a failure: the call continues when the
    /// client sends it again with the answers.
    #[error("the client has to be asked first")]
    InputRequired(InputRequests),
    /// The client did not declare, in this request, a capability that it needs.
    #[error("the client capability {0} is required")]
    MissingCapability(&'static str),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The client did not declare that it can be asked this.
    #[error("the client did not declare the capability for {0}")]
    CannotAsk(&'static str),
    /// The client takes no stream, so no question can reach it.
    #[error("the client accepts no event stream, so it cannot be asked")]
    NoStream,
    /// The client did not answer in time.
    #[error("the client did not answer in time")]
    NoAnswer,
    /// The client answered with an error.
    #[error("the client refused: {}", .0.message)]
    Refused(RpcError),
    /// The client's answer does not match the question.
    #[error("the client's answer does not fit the question")]
    BadAnswer,
    /// A fault of the service's own.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ServiceError {
    /// Returns whether the model that called a tool can correct this, so that it
    /// goes into the tool's result: many clients raise a protocol error as an
    /// exception, which never reaches their model.
    pub(crate) fn is_for_model(&self) -> bool {
        matches!(self, Self::NoSuchTape | Self::CannotAsk(_) | Self::NoStream)
    }
}
