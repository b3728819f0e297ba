//! The form of an answer: one message as JSON or as a stream of one event, or a call
//! that goes on as a stream.
//! spec: basic/transports (sending messages to the server)

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::time::sleep;

use super::accept::Accepts;
use super::error::HttpError;
use super::error_response::{ErrorResponse, json};
use super::{Http, sse};
use crate::calls::{CallEvent, CallOutput, CallSink};
use crate::engine::{Call, CallOutcome};
use crate::error::Error;
use crate::protocol::RawJson;
use crate::protocol::jsonrpc::{RequestId, result_message};

/// A call that has begun.
pub enum CallStart {
    /// It has been quick.
    Answered(Response),
    /// It goes on as a stream, and has said something already or not.
    Streams(Call, Vec<CallEvent>, CallOutput),
}

/// JSON when it can, a stream when it must: as soon as the handler sends
/// something before its answer, or takes its time. While it is not `settled`
/// whether there is anything to answer, it is not made a stream for that.
///
/// # Errors
/// Whatever keeps the call from starting.
pub async fn begin(
    http: &Http,
    accepts: Accepts,
    settled: impl Future<Output = ()>,
    start: impl AsyncFnOnce(CallSink) -> Result<Call, Error>,
) -> Result<CallStart, Error> {
    // A client that takes no stream cannot be sent anything but the answer.
    if !accepts.stream {
        let mut call = start(CallSink::closed()).await?;
        let ended = (&mut call).await;
        return Ok(CallStart::Answered(finished(&call.id, ended, accepts)));
    }
    let (sink, mut inbox) = CallSink::open();
    let mut call = start(sink).await?;
    let late = async {
        sleep(http.sse_after).await;
        settled.await;
    };
    let (said, ended) = tokio::select! {
        biased;
        // What was said on the way to a quick end still comes before it.
        ended = &mut call => (inbox.next_batch().await, Some(ended)),
        said = inbox.next_batch() => (said, None),
        () = late => (Vec::new(), None),
    };
    let call = match ended {
        Some(ended) if said.is_empty() || ended.is_cancelled() => {
            return Ok(CallStart::Answered(finished(&call.id, ended, accepts)));
        }
        Some(ended) => call.with_outcome(ended),
        None => call,
    };
    Ok(CallStart::Streams(call, said, inbox))
}

fn finished(id: &RequestId, ended: CallOutcome, accepts: Accepts) -> Response {
    match ended {
        CallOutcome::Cancelled if accepts.stream => sse::empty(),
        CallOutcome::Cancelled => {
            ErrorResponse::from(HttpError::Cancelled).at(id).into_response()
        }
        CallOutcome::Answered(answer) => match answer.into_result() {
            Ok(result) => one_message(result_message(id, &result), accepts),
            Err(error) => {
                let failure = ErrorResponse::from(error).at(id);
                failure.render(|status, message| {
                    let mut response = one_message(message, accepts);
                    *response.status_mut() = status;
                    response
                })
            }
        },
    }
}

/// An answer of one message, in a form that the client accepts.
pub fn one_message(message: RawJson, accepts: Accepts) -> Response {
    if accepts.json { json(StatusCode::OK, message) } else { sse::single(&message) }
}
