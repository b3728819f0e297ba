//! What a handler may fail with.

use std::borrow::Cow;

use crate::{protocol::errors::RpcError, sessions::StoreError};

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
