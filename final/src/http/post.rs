//! Handles POST /mcp: one message of a client, or a batch.
//! spec: basic/transports (sending messages to the server)

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tracing::{Instrument, Span};

use super::accept::Accepts;
use super::authentication::caller;
use super::era::classify;
use super::error::HttpError;
use super::error_response::ErrorResponse;
use super::guards::hang_up;
use super::message::one_message;
use super::reply::{CallStart, begin};
use super::session::{SESSION_HEADER, check_version, require_session, session_id};
use super::{Http, batch, body, sse, stateless};
use crate::engine::{Caller, Session};
use crate::error::Error;
use crate::protocol::body::Body;
use crate::protocol::jsonrpc::{self, Message, Notification, result_message};
use crate::protocol::message_kind::MessageKind;
use crate::protocol::trace::{TRACEPARENT, TraceContext};
use crate::service::SessionHandle;
use crate::telemetry;

/// Reads the body, classifies it, and answers it.
pub async fn post(
    State(http): State<Arc<Http>>,
    request: Request,
) -> Result<Response, ErrorResponse> {
    let (head, body) = request.into_parts();
    let bytes = body::read(&head.headers, body, http.max_body).await?;
    let body = Body::parse(&bytes).map_err(|error| {
        let id = error.id();
        ErrorResponse::from(error).at(id.as_ref())
    })?;
    let id = body.request_id().cloned();
    let caller = caller(&head.extensions)?;
    let answer = Post { http, head, caller }.answer(body).await;
    answer.map_err(|error| ErrorResponse::from(error).at(id.as_ref()))
}

/// A POST whose body has been read.
pub(super) struct Post {
    pub http: Arc<Http>,
    pub head: Parts,
    pub caller: Caller,
}

impl Post {
    /// Answers the body. A call of a session continues when its connection is lost;
    /// a request of the stateless era does not (D015).
    async fn answer(self, body: Body) -> Result<Response, HttpError> {
        let engine = self.http.engine.clone();
        let span = traced(&self.head.headers);
        let work = match body {
            Body::Batch(messages) => batch::serve(self, messages).boxed(),
            Body::Single(message) => match classify(&self.head.headers, message)? {
                MessageKind::Stateless(request, envelope) => {
                    let answer = stateless::serve(&self, request, envelope);
                    return answer.instrument(span).await;
                }
                MessageKind::StatelessNotification(..) => return Ok(accepted()),
                MessageKind::Initialize(request) => {
                    self.initialize(request).boxed()
                }
                MessageKind::InSession(message) => match message {
                    Message::Request(request) => self.call(request).boxed(),
                    Message::Notification(it) => self.notify(it).boxed(),
                    Message::Response(response) => self.deliver(response).boxed(),
                },
            },
        };
        engine.detached(work.instrument(span)).await
    }

    /// Opens a session.
    async fn initialize(
        self,
        jsonrpc::Request { id, params, .. }: jsonrpc::Request,
    ) -> Result<Response, HttpError> {
        let accepts = Accepts::of(&self.head.headers);
        if self.http.readiness.refuses_new_sessions() {
            return Err(Error::Draining.into());
        }
        if !accepts.anything() {
            return Err(HttpError::NotAcceptable);
        }
        let opened = self.http.engine.initialize(&self.caller, params).await;
        let (session, result) = opened?;
        let mut response = one_message(result_message(&id, &result), accepts);
        if let Ok(value) = HeaderValue::from_str(&session.to_string()) {
            response.headers_mut().insert(SESSION_HEADER, value);
        }
        Ok(response)
    }

    /// Serves a request of a session.
    async fn call(self, request: jsonrpc::Request) -> Result<Response, HttpError> {
        let Self { http, head, .. } = &self;
        let accepts = Accepts::of(&head.headers);
        let session = self.session_for(&request, accepts).await?;
        let start = async |sink| {
            http.engine.prepare_call(session.clone(), request, sink).await
        };
        match begin(http, accepts, session.wait_for_outcome(), start).await? {
            CallStart::Answered(response) => Ok(response),
            CallStart::Streams(call, batch, output) => {
                let hang_up = hang_up(&head.extensions);
                let streams = &http.engine.streams;
                let cursor =
                    streams.open_call(&session, call, batch, output, hang_up);
                Ok(sse::stream(&http.metrics.post_streams, cursor.await?))
            }
        }
    }

    /// Finds the session of a request. Storage need not have confirmed it yet, unless
    /// the request is refused.
    async fn session_for(
        &self,
        request: &jsonrpc::Request,
        accepts: Accepts,
    ) -> Result<SessionHandle, HttpError> {
        let Self { http, head, caller } = self;
        let headers = &head.headers;
        let id = session_id(headers)?;
        if accepts.anything()
            && let Some(cached) =
                http.engine.cached_session(request.method, &id, caller)
            && check_version(headers, cached.init()).is_ok()
        {
            return Ok(cached);
        }
        let is_acceptable = accepts.anything();
        let found = require_session(http, headers, caller, 1, is_acceptable).await;
        found.map(SessionHandle::from)
    }

    async fn notify(
        self,
        notification: Notification,
    ) -> Result<Response, HttpError> {
        let session = self.session().await?;
        self.http.engine.notify(&session, notification).await?;
        Ok(accepted())
    }

    async fn deliver(
        self,
        response: jsonrpc::Response,
    ) -> Result<Response, HttpError> {
        let session = self.session().await?;
        self.http.engine.deliver_answer(&session, response).await?;
        Ok(accepted())
    }

    /// Loads the session for a message that gets no answer.
    async fn session(&self) -> Result<Arc<Session>, HttpError> {
        let Self { http, head, caller } = self;
        require_session(http, &head.headers, caller, 0, true).await
    }
}

/// Accepts a message that gets no answer.
pub(super) fn accepted() -> Response {
    StatusCode::ACCEPTED.into_response()
}

/// Opens a span, in the caller's trace if a header names one.
fn traced(headers: &HeaderMap) -> Span {
    let context = headers.get(TRACEPARENT).and_then(|value| value.to_str().ok());
    let context = context.and_then(TraceContext::parse);
    context.map_or_else(Span::none, |context| telemetry::span(&context))
}
