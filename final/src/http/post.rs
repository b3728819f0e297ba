//! POST /mcp: the client says something.
//! spec: basic/transports (sending messages to the server)

use std::sync::Arc;

use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};

use super::accept::Accepts;
use super::era::{PostKind, classify};
use super::error::HttpError;
use super::error_response::ErrorResponse;
use super::guards::{caller, hang_up};
use super::reply::{CallStart, begin, one_message};
use super::session::{SESSION_HEADER, check_version, session_id};
use super::{Http, body, sse, stateless};
use crate::engine::{Call, Caller, Session};
use crate::error::Error;
use crate::protocol::body::{Body, ParseError};
use crate::protocol::jsonrpc::{self, Message, result_message};
use crate::protocol::trace::{TRACEPARENT, TraceContext};
use crate::protocol::{RawJson, to_raw};
use crate::sessions::CallSink;
use crate::telemetry;

/// Reads the body, decides what it is, and answers it. What belongs to a session
/// goes on when its connection has gone; a request of the stateless era does not
/// (D015).
pub async fn post(
    http: Arc<Http>,
    request: Request,
) -> Result<Response, ErrorResponse> {
    let (head, body) = request.into_parts();
    let span = traced(&head.headers);
    let bytes = body::read(&head.headers, body, http.max_body).await?;
    let body = Body::parse(&bytes).map_err(|error| {
        let id = error.id();
        ErrorResponse::from(error).at(id.as_ref())
    })?;
    let caller = caller(&head.extensions)?;
    if let Body::Batch(messages) = &body {
        count_batch(&http, &caller, messages.len())?;
    }
    match classify(&head.headers, body)? {
        PostKind::Ignored => Ok(StatusCode::ACCEPTED.into_response()),
        PostKind::Stateless(request, envelope) => {
            let answer = stateless::serve(&http, &head, &caller, request, envelope);
            answer.instrument(span).await
        }
        PostKind::Initialize(request) => {
            let engine = http.engine.clone();
            let answer = async move {
                let accepts = Accepts::of(&head.headers);
                initialize(&http, &caller, accepts, request).await
            };
            engine.detached(answer.instrument(span)).await
        }
        PostKind::InSession(body) => {
            let engine = http.engine.clone();
            let answer =
                async move { in_session(&http, &head, &caller, body).await };
            engine.detached(answer.instrument(span)).await
        }
    }
}

/// Refuses a batch of more messages than the caller may send, and counts the refusal.
fn count_batch(http: &Http, caller: &Caller, messages: usize) -> Result<(), Error> {
    let counted = http.rate_limit.count_batch(caller, messages);
    counted.inspect_err(|_| http.metrics.rate_limited.inc())
}

/// The caller's trace, if it names one in a header.
fn traced(headers: &HeaderMap) -> Span {
    let context = headers.get(TRACEPARENT).and_then(|value| value.to_str().ok());
    let context = context.and_then(TraceContext::parse);
    context.map_or_else(Span::none, |context| telemetry::span(&context))
}

async fn initialize(
    http: &Http,
    caller: &Caller,
    accepts: Accepts,
    request: jsonrpc::Request,
) -> Result<Response, ErrorResponse> {
    let refuse = |error: HttpError| ErrorResponse::from(error).at(&request.id);
    if http.readiness.refuses_new_sessions() {
        return Err(refuse(Error::Draining.into()));
    }
    if !accepts.anything() {
        return Err(refuse(HttpError::NotAcceptable));
    }
    let opened = http.engine.initialize(caller, request.params).await;
    let (session, result) = opened.map_err(|error| refuse(error.into()))?;
    let mut response = one_message(result_message(&request.id, &result), accepts);
    if let Ok(value) = HeaderValue::from_str(&session.to_string()) {
        response.headers_mut().insert(SESSION_HEADER, value);
    }
    Ok(response)
}

async fn in_session(
    http: &Http,
    head: &Parts,
    caller: &Caller,
    body: Body,
) -> Result<Response, ErrorResponse> {
    let id = match &body {
        Body::Single(message) => message.request_id().cloned(),
        Body::Batch(_) => None,
    };
    let answer = visit(http, head, caller, body).await;
    answer.map_err(|error| ErrorResponse::from(error).at(id.as_ref()))
}

async fn visit(
    http: &Http,
    head: &Parts,
    caller: &Caller,
    body: Body,
) -> Result<Response, HttpError> {
    let (headers, accepts) = (&head.headers, Accepts::of(&head.headers));
    let id = session_id(headers)?;
    let session = match &body {
        body if !is_acceptable(body, accepts) => {
            http.engine.load(&id, caller).await?
        }
        Body::Single(Message::Request(request)) => {
            http.engine.session_for(request, &id, caller).await?
        }
        body => {
            http.engine.load_and_touch(&id, caller, count_requests(body)).await?
        }
    };
    let served = serve(http, head, &session, accepts, body).await;
    if let Err(error) = &served
        && !matches!(error, HttpError::Engine(Error::Store(_)))
    {
        // No other reason to refuse it comes before that the session is gone.
        session.confirm().await?;
    }
    served
}

async fn serve(
    http: &Http,
    head: &Parts,
    session: &Session,
    accepts: Accepts,
    body: Body,
) -> Result<Response, HttpError> {
    check_version(&head.headers, session)?;
    match body {
        Body::Batch(_) if !session.init().era.has_batches() => {
            Err(Error::NoBatches.into())
        }
        body if !is_acceptable(&body, accepts) => Err(HttpError::NotAcceptable),
        Body::Single(Message::Notification(notification)) => {
            http.engine.notify(session, notification).await?;
            Ok(StatusCode::ACCEPTED.into_response())
        }
        Body::Single(Message::Response(response)) => {
            http.engine.deliver_answer(session, response).await?;
            Ok(StatusCode::ACCEPTED.into_response())
        }
        Body::Single(Message::Request(request)) => {
            call(http, session, request, accepts, hang_up(&head.extensions)).await
        }
        Body::Batch(messages) => Ok(batch(http, session, messages, accepts).await),
    }
}

/// Whether the client takes what it will be answered, if it will be.
fn is_acceptable(body: &Body, accepts: Accepts) -> bool {
    count_requests(body) == 0 || accepts.anything()
}

fn count_requests(body: &Body) -> usize {
    let is_request =
        |message: &&Result<Message, _>| matches!(message, Ok(Message::Request(_)));
    match body {
        Body::Single(Message::Request(_)) => 1,
        Body::Single(_) => 0,
        Body::Batch(messages) => messages.iter().filter(is_request).count(),
    }
}

async fn call(
    http: &Http,
    session: &Session,
    request: jsonrpc::Request,
    accepts: Accepts,
    hang_up: CancellationToken,
) -> Result<Response, HttpError> {
    let start = |sink| http.engine.call(session, request, sink);
    match begin(http, accepts, session.wait_for_outcome(), start).await? {
        CallStart::Answered(response) => Ok(response),
        CallStart::Streams(call, said, inbox) => {
            let reader = http.engine.stream(session, call, said, inbox, hang_up);
            Ok(sse::stream(&http.metrics.post_streams, reader.await?))
        }
    }
}

/// 2025-03-26 only. The requests of a batch run side by side and are answered
/// together; nothing can be asked or reported meanwhile.
async fn batch(
    http: &Http,
    session: &Session,
    messages: Vec<Result<Message, ParseError>>,
    accepts: Accepts,
) -> Response {
    let mut calls = Vec::new();
    let mut answers: Vec<RawJson> = Vec::new();
    for message in messages {
        match message {
            Ok(Message::Notification(notification)) => {
                // The other messages do not suffer for it.
                if let Err(error) = http.engine.notify(session, notification).await
                {
                    error.log();
                }
            }
            Ok(Message::Response(response)) => {
                if let Err(error) =
                    http.engine.deliver_answer(session, response).await
                {
                    error.log();
                }
            }
            Ok(Message::Request(request)) => {
                let id = request.id.clone();
                match http.engine.call(session, request, CallSink::closed()) {
                    Ok(call) => calls.push(call),
                    Err(error) => answers.push(error.to_message(Some(&id))),
                }
            }
            Err(error) => {
                let id = error.id();
                answers.push(Error::from(error).to_message(id.as_ref()));
            }
        }
    }
    answers
        .extend(join_all(calls.into_iter().map(end)).await.into_iter().flatten());
    if answers.is_empty() {
        return StatusCode::ACCEPTED.into_response();
    }
    one_message(to_raw(&answers), accepts)
}

/// A call of a batch, to its end.
async fn end(mut call: Call) -> Option<RawJson> {
    (&mut call).await.into_message(&call.id)
}
