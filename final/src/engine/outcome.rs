//! The outcome of a request.

use crate::error::Error;
use crate::protocol::RawJson;
use crate::protocol::jsonrpc::{RequestId, result_message};
use crate::service::ServiceError;
use crate::service::scope::{CallScope, ConfirmedScope};
use crate::telemetry::Outcome;

/// The outcome of a request.
#[derive(Debug)]
pub enum CallOutcome {
    /// The client gets this answer.
    Answered(Answer),
    /// The client gets no answer, because it no longer wants one (L077).
    Cancelled,
}

/// The answer to a request: a result or an error.
#[derive(Debug)]
pub struct Answer(Result<RawJson, Error>);

impl Answer {
    /// Answers with `result`, or with the reason why the scope of the call was not
    /// confirmed: nothing else about a missing session may reach its client.
    fn new(
        scope: Result<ConfirmedScope<'_>, ServiceError>,
        result: Result<RawJson, Error>,
    ) -> Self {
        Self(scope.map_err(Error::from).and(result))
    }

    /// Returns the result or the error.
    ///
    /// # Errors
    /// Those of the request.
    pub fn as_ref(&self) -> Result<&RawJson, &Error> {
        self.0.as_ref()
    }

    /// Returns the result or the error.
    ///
    /// # Errors
    /// Those of the request.
    pub fn into_result(self) -> Result<RawJson, Error> {
        self.0
    }
}

impl CallOutcome {
    /// Returns the outcome of a call whose handler has returned `result`, or was
    /// cancelled. Waits until the session is confirmed, also without an answer,
    /// because the call is activity of its session.
    pub(super) async fn of(
        scope: &CallScope,
        result: Option<Result<RawJson, Error>>,
    ) -> Self {
        let confirmed = scope.confirm().await;
        let Some(result) = result else { return Self::Cancelled };
        let answer = Answer::new(confirmed, result);
        if let Err(error) = answer.as_ref() {
            error.log();
        }
        Self::Answered(answer)
    }

    /// Returns the message that answers the request, if it is answered.
    pub fn into_message(self, id: &RequestId) -> Option<RawJson> {
        match self {
            Self::Answered(Answer(Ok(result))) => Some(result_message(id, &result)),
            Self::Answered(Answer(Err(error))) => Some(error.to_message(Some(id))),
            Self::Cancelled => None,
        }
    }

    /// Returns whether it ended because it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }

    /// Returns the result, if it has one.
    pub(super) fn result(&self) -> Option<&RawJson> {
        match self {
            Self::Answered(Answer(result)) => result.as_ref().ok(),
            Self::Cancelled => None,
        }
    }

    /// Returns its label in the metrics.
    pub(super) fn label(&self) -> Outcome {
        match self {
            Self::Answered(Answer(Ok(_))) => Outcome::Done,
            Self::Answered(Answer(Err(error))) => error.outcome(),
            Self::Cancelled => Outcome::Cancelled,
        }
    }
}
