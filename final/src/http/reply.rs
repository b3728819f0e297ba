//! The form of an answer: one message as JSON or as a stream of one event, or a call
//! that continues as a stream.
//! spec: basic/transports (sending messages to the server)

use axum::response::{IntoResponse, Response};
use tokio::time::sleep;

use super::accept::Accepts;
use super::error::HttpError;
use super::error_response::ErrorResponse;
use super::message::one_message;
use super::{Http, sse};
use crate::calls::{CallEvent, CallOutput, CallSink};
use crate::engine::{Call, CallOutcome};
use crate::error::Error;
use crate::protocol::jsonrpc::{RequestId, result_message};

/// A call that has been started.
pub enum CallStart {
    /// It was quick.
    Answered(Response),
    /// It continues as a stream, which begins with the messages so far.
    Streams(Call, Vec<CallEvent>, CallOutput),
}

/// Starts a call, and waits until it is known whether its answer is JSON or a
/// stream. It is JSON if possible, and a stream as soon as the handler emits a
/// message before its answer, or takes long. A call does not become a stream before
/// `settled` has resolved, because the session may still be refused.
///
/// # Errors
/// Those of `start`.
pub async fn begin(
    http: &Http,
    accepts: Accepts,
    settled: impl Future<Output = ()>,
    start: impl AsyncFnOnce(CallSink) -> Result<Call, Error>,
) -> Result<CallStart, Error> {
    // A client that accepts no stream can be sent only the answer.
    if !accepts.stream {
        let mut call = start(CallSink::closed()).await?;
        let outcome = (&mut call).await;
        return Ok(CallStart::Answered(finished(&call.id, outcome, accepts)));
    }
    let (sink, mut output) = CallSink::open();
    let mut call = start(sink).await?;
    let late = async {
        sleep(http.sse_after).await;
        settled.await;
    };
    let (batch, outcome) = tokio::select! {
        biased;
        // Messages that were emitted just before the end still precede the answer.
        outcome = &mut call => (output.next_batch().await, Some(outcome)),
        batch = output.next_batch() => (batch, None),
        () = late => (Vec::new(), None),
    };
    Ok(match outcome {
        Some(outcome) if batch.is_empty() || outcome.is_cancelled() => {
            CallStart::Answered(finished(&call.id, outcome, accepts))
        }
        Some(outcome) => {
            CallStart::Streams(call.with_outcome(outcome), batch, output)
        }
        None => CallStart::Streams(call, batch, output),
    })
}

fn finished(id: &RequestId, outcome: CallOutcome, accepts: Accepts) -> Response {
    match outcome {
        CallOutcome::Cancelled if accepts.stream => sse::empty(),
        CallOutcome::Cancelled => {
            ErrorResponse::from(HttpError::Cancelled).at(id).into_response()
        }
        CallOutcome::Answered(answer) => match answer.into_result() {
            Ok(result) => one_message(result_message(id, &result), accepts),
            // The engine has logged it.
            Err(error) => ErrorResponse::from(error).at(id).render(accepts),
        },
    }
}
