//! POST /mcp in the stateless era: a request says everything itself, and lives as
//! long as its connection.
//! spec: basic/transports/streamable-http, 2026-07-28

use std::future::ready;

use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use tokio::time::Instant;

use super::accept::Accepts;
use super::era::VERSION_HEADER;
use super::error::HttpError;
use super::error_response::ErrorResponse;
use super::guards::hang_up;
use super::reply::{CallStart, begin};
use super::{Http, direct, header_check};
use crate::engine::Caller;
use crate::error::Error;
use crate::protocol::envelope::Envelope;
use crate::protocol::jsonrpc::Request;
use crate::protocol::method::Method;
use crate::protocol::version::Era;

/// Serves a request. Dropping this cancels it (M058).
pub async fn serve(
    http: &Http,
    head: &Parts,
    caller: &Caller,
    request: Request,
    envelope: Envelope,
) -> Result<Response, ErrorResponse> {
    let id = request.id.clone();
    let (method, since) = (Method::parse(&request.method), Instant::now());
    let answer = answer(http, head, caller, request, envelope).await;
    answer.map_err(|error| {
        // The engine counts what it was given, and this never came to it.
        let seconds = since.elapsed().as_secs_f64();
        http.metrics.request(method, error.meaning().outcome, seconds);
        ErrorResponse::from(error).at(&id)
    })
}

/// The checks stand in the order in which they are made (M075, A8).
async fn answer(
    http: &Http,
    head: &Parts,
    caller: &Caller,
    request: Request,
    envelope: Envelope,
) -> Result<Response, HttpError> {
    let headers = &head.headers;
    check_version(headers, &envelope)?;
    let named = header_check::check(headers, &request)?;
    let method = Method::parse(&request.method);
    if !http.engine.offers(Era::Stateless, method) {
        return Err(Error::no_such_method(Era::Stateless, method).into());
    }
    envelope.log_level()?;
    let accepts = Accepts::of(headers);
    let listens = method == Method::Listen;
    if !accepts.anything() || (listens && !accepts.stream) {
        return Err(HttpError::NotAcceptable);
    }
    if let (Method::CallTool, Some(tool)) = (method, named) {
        header_check::check_arguments(&http.engine, headers, &tool, &request)?;
    }

    let start = |sink| Ok(http.engine.serve(caller, request, envelope, sink)?);
    match begin(http, accepts, ready(()), start).await? {
        CallStart::Answered(response) => Ok(response),
        CallStart::Streams(call, said, inbox) => {
            let open = match listens {
                true => &http.metrics.listen_streams,
                false => &http.metrics.post_streams,
            };
            let hang_up = hang_up(&head.extensions);
            Ok(direct::stream(http, open, call, said, inbox, hang_up))
        }
    }
}

/// M061, M062, M064: the header repeats the version of the body, and we speak it.
fn check_version(
    headers: &HeaderMap,
    envelope: &Envelope,
) -> Result<(), HttpError> {
    let header = header_check::once(headers, VERSION_HEADER.as_str())?;
    if !header.is_some_and(|it| header_check::repeats(it, &envelope.version)) {
        return Err(HttpError::HeaderMismatch("MCP-Protocol-Version".into()));
    }
    match Era::parse(&envelope.version) {
        Some(Era::Stateless) => Ok(()),
        _ => Err(Error::UnsupportedVersion(envelope.version.clone()).into()),
    }
}
