//! What a handler may fail with.

use std::borrow::Cow;

use crate::protocol::errors::RpcError;
use crate::protocol::retries::InputRequests;
use crate::sessions::StoreError;

/// Why a handler did not produce a result. What the caller may see is decided
/// in [`crate::error`], not here.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The parameters break a rule. The sentence is shown to the caller.
    #[error("{0}")]
    InvalidParams(Cow<'static, str>),
    /// There is no such resource.
    #[error("resource not found")]
    ResourceNotFound,
    /// The session ended while the handler ran.
    #[error("the session has ended")]
    SessionEnded,
    /// The tape never was, has expired, was closed, or belongs to somebody else.
    #[error("there is no such tape, or not any more")]
    NoSuchTape,
    /// The caller has as many sessions and tapes as it may.
    #[error("too many tapes, close one first")]
    TooManyTapes,
    /// The node is shutting down, and a tape could not outlive it.
    #[error("the server is shutting down")]
    Draining,
    /// The client has to be asked first. Not a failure: the call goes on when it
    /// is sent again with the answers.
    #[error("the client has to be asked first")]
    InputRequired(InputRequests),
    /// The client did not declare, in this request, a capability that it needs.
    #[error("the client capability {0} is required")]
    MissingCapability(&'static str),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The client did not say that it can be asked this.
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
    /// The client's answer is not what was asked for.
    #[error("the client's answer does not fit the question")]
    BadAnswer,
    /// A fault of the service's own.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ServiceError {
    /// Whether a model that called a tool can do something about it, so that it is
    /// told in the tool's result: many clients raise a protocol error as an
    /// exception, and their model never hears of it.
    pub(crate) fn is_for_model(&self) -> bool {
        matches!(self, Self::NoSuchTape | Self::CannotAsk(_) | Self::NoStream)
    }
}
