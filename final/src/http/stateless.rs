//! POST /mcp in the stateless era: a request says everything itself, and lives as
//! long as its connection.
//! spec: basic/transports/streamable-http, 2026-07-28

use std::future::ready;

use axum::{
    http::{HeaderMap, request::Parts},
    response::Response,
};
use tokio::time::Instant;

use super::{
    Http,
    accept::Accepts,
    answer::Failure,
    direct,
    era::VERSION_HEADER,
    guards::hang_up,
    mirror,
    reply::{Begun, begin},
};
use crate::{
    engine::Caller,
    error::Error,
    protocol::{
        envelope::Envelope, jsonrpc::Request, method::Method, version::Era,
    },
};

/// Serves a request. Dropping this cancels it (M058).
pub async fn serve(
    http: &Http,
    head: &Parts,
    caller: &Caller,
    request: Request,
    envelope: Envelope,
) -> Result<Response, Failure> {
    let id = request.id.clone();
    let (method, since) = (Method::parse(&request.method), Instant::now());
    let answer = answer(http, head, caller, request, envelope).await;
    answer.map_err(|error| {
        // The engine counts what it was given, and this never came to it.
        let seconds = since.elapsed().as_secs_f64();
        http.metrics.request(method, error.outcome(), seconds);
        error.at(Some(id))
    })
}

/// The checks stand in the order in which they are made (M075, A8).
async fn answer(
    http: &Http,
    head: &Parts,
    caller: &Caller,
    request: Request,
    envelope: Envelope,
) -> Result<Response, Error> {
    let headers = &head.headers;
    check_version(headers, &envelope)?;
    let named = mirror::check(headers, &request)?;
    let method = Method::parse(&request.method);
    if !http.engine.offers(Era::Stateless, method) {
        return Err(Error::no_such_method(Era::Stateless, method));
    }
    envelope.log_level()?;
    let accepts = Accepts::of(headers);
    let listens = method == Method::Listen;
    if !accepts.anything() || (listens && !accepts.stream) {
        return Err(Error::NotAcceptable);
    }
    if let (Method::CallTool, Some(tool)) = (method, named) {
        mirror::check_arguments(&http.engine, headers, &tool, &request)?;
    }

    let start =
        |outbox| Ok(http.engine.serve(caller, request, envelope, outbox)?);
    match begin(http, accepts, ready(()), start).await? {
        Begun::Answered(response) => Ok(response),
        Begun::Streams(call, said, inbox) => {
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
fn check_version(headers: &HeaderMap, envelope: &Envelope) -> Result<(), Error> {
    let header = mirror::once(headers, VERSION_HEADER.as_str())?;
    if !header.is_some_and(|it| mirror::repeats(it, &envelope.version)) {
        return Err(Error::HeaderMismatch("MCP-Protocol-Version".into()));
    }
    match Era::parse(&envelope.version) {
        Some(Era::Stateless) => Ok(()),
        _ => Err(Error::UnsupportedVersion(envelope.version.clone())),
    }
}
