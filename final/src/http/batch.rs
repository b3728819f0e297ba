//! Batches of messages, which exist in 2025-03-26 alone.
//! spec: basic/transports (sending messages to the server), 2025-03-26

use std::sync::Arc;

use axum::response::Response;
use futures_util::future::join_all;

use super::accept::Accepts;
use super::era::check_batch;
use super::error::HttpError;
use super::message::one_message;
use super::post::{Post, accepted};
use super::session::require_session;
use crate::calls::CallSink;
use crate::engine::{Call, Engine, Session};
use crate::error::Error;
use crate::protocol::body::ParseError;
use crate::protocol::jsonrpc::Message;
use crate::protocol::{RawJson, to_raw};

/// Serves a batch. Its requests run concurrently and are answered together, so they
/// can ask or send the client nothing meanwhile.
pub(super) async fn serve(
    Post { http, head, caller }: Post,
    messages: Vec<Result<Message, ParseError>>,
) -> Result<Response, HttpError> {
    let headers = &head.headers;
    let counted = http.rate_limit.count_batch(&caller, messages.len());
    counted.inspect_err(|_| http.metrics.rate_limited.inc())?;
    check_batch(headers)?;
    let accepts = Accepts::of(headers);
    let requests = messages.iter().filter(|it| is_request(it)).count();
    let takes = requests == 0 || accepts.anything();
    let session = require_session(&http, headers, &caller, requests, takes).await?;
    if !session.init().era.has_batches() {
        return Err(Error::NoBatches.into());
    }
    let mut calls = Vec::new();
    let mut answers = Vec::new();
    for message in messages {
        match take(&http.engine, &session, message).await {
            Ok(call) => calls.extend(call),
            Err(refusal) => answers.push(refusal),
        }
    }
    let finished = join_all(calls.into_iter().map(finish)).await;
    answers.extend(finished.into_iter().flatten());
    match answers.is_empty() {
        true => Ok(accepted()),
        false => Ok(one_message(to_raw(&answers), accepts)),
    }
}

/// Takes one message: a request becomes a call, or is answered with an error.
async fn take(
    engine: &Arc<Engine>,
    session: &Arc<Session>,
    message: Result<Message, ParseError>,
) -> Result<Option<Call>, RawJson> {
    let taken = match message {
        Ok(Message::Request(request)) => {
            let id = request.id.clone();
            let call =
                engine.prepare_call(session.clone(), request, CallSink::closed());
            let call = call.await.map_err(|error| error.to_message(Some(&id)));
            return call.map(Some);
        }
        Ok(Message::Notification(notification)) => {
            engine.notify(session, notification).await
        }
        Ok(Message::Response(response)) => {
            engine.deliver_answer(session, response).await
        }
        Err(error) => {
            let id = error.id();
            return Err(Error::from(error).to_message(id.as_ref()));
        }
    };
    // It has no answer, and the other messages are served in any case.
    if let Err(error) = taken {
        error.log();
    }
    Ok(None)
}

fn is_request(message: &Result<Message, ParseError>) -> bool {
    matches!(message, Ok(Message::Request(_)))
}

/// Runs a call to its end and returns its answer.
async fn finish(mut call: Call) -> Option<RawJson> {
    (&mut call).await.into_message(&call.id)
}
