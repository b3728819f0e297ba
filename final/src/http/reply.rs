//! The form of an answer: one message as JSON or as a stream of one event, or a call
//! that goes on as a stream.
//! spec: basic/transports (sending messages to the server)

use axum::response::{IntoResponse, Response};
use tokio::time::sleep;

use super::{Http, accept::Accepts, answer::json, sse};
use crate::{
    engine::{Call, Ended},
    error::Error,
    protocol::{
        RawJson,
        jsonrpc::{RequestId, result_message},
    },
    sessions::{Inbox, Outbox, Said},
};

/// A call that has begun.
pub enum Begun {
    /// It has been quick.
    Answered(Response),
    /// It goes on as a stream, and has said something already or not.
    Streams(Call, Vec<Said>, Inbox),
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
    start: impl FnOnce(Outbox) -> Result<Call, Error>,
) -> Result<Begun, Error> {
    // A client that takes no stream cannot be sent anything but the answer.
    if !accepts.stream {
        let mut call = start(Outbox::closed())?;
        let ended = (&mut call).await;
        return Ok(Begun::Answered(finished(&call.id, ended, accepts)));
    }
    let (outbox, mut inbox) = Outbox::open();
    let mut call = start(outbox)?;
    let late = async {
        sleep(http.sse_after).await;
        settled.await;
    };
    let (said, ended) = tokio::select! {
        biased;
        // What was said on the way to a quick end still comes before it.
        ended = &mut call => (inbox.take().await, Some(ended)),
        said = inbox.take() => (said, None),
        () = late => (Vec::new(), None),
    };
    let call = match ended {
        Some(ended) if said.is_empty() || ended.is_cancelled() => {
            return Ok(Begun::Answered(finished(&call.id, ended, accepts)));
        }
        Some(ended) => call.with_end(ended),
        None => call,
    };
    Ok(Begun::Streams(call, said, inbox))
}

fn finished(id: &RequestId, ended: Ended, accepts: Accepts) -> Response {
    match ended {
        Ended::Cancelled if accepts.stream => sse::empty(),
        Ended::Cancelled => Error::Cancelled.at(Some(id.clone())).into_response(),
        Ended::Answered(Err(error)) => {
            let failure = error.at(Some(id.clone()));
            failure.render(|message| one_message(message, accepts))
        }
        Ended::Answered(Ok(result)) => {
            one_message(result_message(id, &result), accepts)
        }
    }
}

/// An answer of one message, in a form that the client accepts.
pub fn one_message(message: RawJson, accepts: Accepts) -> Response {
    if accepts.json { json(message) } else { sse::single(&message) }
}
