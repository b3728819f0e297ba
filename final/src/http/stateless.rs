//! POST /mcp in the stateless era: a request carries its own envelope, and lives as
//! long as its connection.
//! spec: basic/transports/streamable-http, 2026-07-28

use std::future::ready;

use axum::http::HeaderMap;
use axum::response::Response;
use tokio::time::Instant;

use super::accept::Accepts;
use super::era::{VERSION_HEADER, require_stateless};
use super::error::HttpError;
use super::guards::hang_up;
use super::post::Post;
use super::reply::{CallStart, begin};
use super::{direct, header_check};
use crate::error::Error;
use crate::protocol::envelope::Envelope;
use crate::protocol::jsonrpc::Request;
use crate::protocol::method::Method;
use crate::protocol::version::Era;

/// Serves a request. Dropping this cancels it (M058).
pub(super) async fn serve(
    post: &Post,
    request: Request,
    envelope: Envelope,
) -> Result<Response, HttpError> {
    let method = request.method;
    let since = Instant::now();
    let answer = answer(post, request, envelope).await;
    if let Err(error) = &answer {
        // The engine counts its own requests, and this one never reached it.
        let seconds = since.elapsed().as_secs_f64();
        post.http.metrics.request(method, error.meaning().outcome, seconds);
    }
    answer
}

async fn answer(
    post: &Post,
    request: Request,
    envelope: Envelope,
) -> Result<Response, HttpError> {
    let Post { http, head, caller } = post;
    check(post, &request, &envelope)?;
    let open = match request.method {
        Method::Listen => &http.metrics.listen_streams,
        _ => &http.metrics.post_streams,
    };
    let accepts = Accepts::of(&head.headers);
    let start =
        async |sink| Ok(http.engine.serve(caller, request, envelope, sink)?);
    match begin(http, accepts, ready(()), start).await? {
        CallStart::Answered(response) => Ok(response),
        CallStart::Streams(call, batch, output) => {
            let hang_up = hang_up(&head.extensions);
            Ok(direct::stream(http, open, call, batch, output, hang_up))
        }
    }
}

/// Checks a request in the order of the specification (M075, A8).
fn check(
    Post { http, head, .. }: &Post,
    request: &Request,
    envelope: &Envelope,
) -> Result<(), HttpError> {
    let headers = &head.headers;
    check_version(headers, envelope)?;
    let named = header_check::check(headers, request)?;
    let method = request.method;
    if !http.engine.offers(Era::Stateless, method) {
        return Err(Error::no_such_method(Era::Stateless, method).into());
    }
    envelope.log_level()?;
    let accepts = Accepts::of(headers);
    let is_listen = method == Method::Listen;
    if !accepts.anything() || (is_listen && !accepts.stream) {
        return Err(HttpError::NotAcceptable);
    }
    match (method, named) {
        (Method::CallTool, Some(tool)) => {
            header_check::check_arguments(&http.engine, headers, &tool, request)
        }
        _ => Ok(()),
    }
}

/// Checks that the header repeats the version of the body, and that the server
/// supports it (M061, M062, M064).
fn check_version(
    headers: &HeaderMap,
    envelope: &Envelope,
) -> Result<(), HttpError> {
    let header = header_check::once(headers, VERSION_HEADER.as_str())?;
    if !header.is_some_and(|it| header_check::repeats(it, &envelope.version)) {
        return Err(HttpError::HeaderMismatch("MCP-Protocol-Version".into()));
    }
    Ok(require_stateless(&envelope.version)?)
}
