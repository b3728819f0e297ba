//! Checks the `Host`, `Origin` and method of requests.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::header::{
    ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    ORIGIN, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Extensions, HeaderName, HeaderValue, Method};
use axum::response::{IntoResponse, Response};
use tokio_util::sync::CancellationToken;
use tower::util::MapResponseLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::validate_request::ValidateRequestHeaderLayer;

use super::error::HttpError;
use super::{host, single};
use crate::config::{AllowedHosts, Origins, Tokens};

/// How long a browser may cache the answer to a preflight, instead of asking before
/// every call. Chromium caches none for longer.
const PREFLIGHT_AGE: Duration = Duration::from_secs(2 * 60 * 60);

/// The request headers that a web page may send.
const REQUEST_HEADERS: [HeaderName; 9] = [
    ACCEPT,
    AUTHORIZATION,
    CONTENT_TYPE,
    HeaderName::from_static("last-event-id"),
    HeaderName::from_static("mcp-method"),
    HeaderName::from_static("mcp-name"),
    HeaderName::from_static("mcp-protocol-version"),
    HeaderName::from_static("mcp-session-id"),
    HeaderName::from_static("traceparent"),
];

/// The client, which the connection adds to every request.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The network of the other end, or of the client that a trusted proxy names.
    /// Requests count for it, unless they are authenticated.
    pub network: Arc<str>,
    /// The connection is within the connection limits. Operators' routes are also
    /// served beyond them.
    pub is_admitted: bool,
    /// Closes the connection, even if output is pending.
    pub hang_up: CancellationToken,
}

/// Settings of the guards.
#[derive(Debug)]
pub struct Guards {
    /// Accepted `Host` values.
    pub allowed_hosts: AllowedHosts,
    /// Accepted origins, besides the server's own.
    pub origins: Origins,
    /// Accepted bearer tokens; none turns authentication off.
    pub tokens: Tokens,
}

impl Guards {
    /// Returns whether an origin is the server's own or a configured one.
    fn allows_origin(&self, origin: &[u8], host: &str) -> bool {
        let text = std::str::from_utf8(origin).unwrap_or_default();
        let authority = text.split_once("://").map(|(_, authority)| authority);
        authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
            || match &self.origins {
                Origins::Any => true,
                Origins::Listed(origins) => {
                    origins.iter().any(|listed| listed.as_bytes() == origin)
                }
            }
    }
}

/// One check of a request.
type Check = fn(&Guards, &mut Request) -> Result<(), HttpError>;

/// Makes a layer of a check. Like a middleware function, but without its boxes.
#[expect(clippy::result_large_err, reason = "tower-http wants a whole response")]
pub fn layer(
    guards: &Arc<Guards>,
    check: Check,
) -> ValidateRequestHeaderLayer<
    impl Fn(&mut Request) -> Result<(), Response> + Clone + use<>,
> {
    let guards = guards.clone();
    ValidateRequestHeaderLayer::custom(move |request: &mut Request| {
        check(&guards, request).map_err(IntoResponse::into_response)
    })
}

/// Prevents DNS rebinding: a page must not reach a local server under a host name
/// of its own.
/// spec: basic/transports (security warning), L035, L036
///
/// # Errors
/// [`HttpError::ForbiddenHost`], [`HttpError::ForbiddenOrigin`],
/// [`HttpError::BadHost`], [`HttpError::HostMismatch`],
/// [`HttpError::RepeatedHeader`].
pub fn host_and_origin(
    guards: &Guards,
    request: &mut Request,
) -> Result<(), HttpError> {
    let named = host::named(request)?;
    let host = named.filter(|host| guards.allowed_hosts.allows(host));
    let host = host.ok_or(HttpError::ForbiddenHost)?;
    match single::value(request.headers(), &ORIGIN)? {
        Some(origin) if !guards.allows_origin(origin, host) => {
            Err(HttpError::ForbiddenOrigin)
        }
        _ => Ok(()),
    }
}

/// Admits requests that name exactly one host.
///
/// # Errors
/// [`HttpError::BadHost`], [`HttpError::HostMismatch`].
pub fn any_host(_: &Guards, request: &mut Request) -> Result<(), HttpError> {
    host::named(request).map(drop)
}

/// Lets pages of the configured origins read answers. Pages of the server's own
/// origin need no headers. `parameters` are the headers that repeat arguments of
/// tools.
pub fn cors<'a>(
    guards: &Guards,
    parameters: impl Iterator<Item = &'a str>,
) -> Option<CorsLayer> {
    let origins = match &guards.origins {
        Origins::Listed(origins) if origins.is_empty() => return None,
        Origins::Any => AllowOrigin::any(),
        Origins::Listed(origins) => AllowOrigin::list(origins.clone()),
    };
    let parameters = parameters.filter_map(|name| name.parse().ok());
    let request_headers: Vec<_> =
        REQUEST_HEADERS.into_iter().chain(parameters).collect();
    let layer = CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers(request_headers)
        .expose_headers([
            HeaderName::from_static("mcp-session-id"),
            WWW_AUTHENTICATE,
            RETRY_AFTER,
        ])
        .max_age(PREFLIGHT_AGE);
    Some(layer)
}

/// Admits the methods of the endpoint. Without this, axum serves `HEAD` as a `GET`.
///
/// # Errors
/// [`HttpError::MethodNotAllowed`]
pub fn known_method(_: &Guards, request: &mut Request) -> Result<(), HttpError> {
    match *request.method() {
        Method::GET | Method::POST | Method::DELETE | Method::OPTIONS => Ok(()),
        _ => Err(HttpError::MethodNotAllowed),
    }
}

/// Refuses requests of a client beyond the connection limits.
///
/// # Errors
/// [`HttpError::TooManyConnections`]
pub fn admitted(_: &Guards, request: &mut Request) -> Result<(), HttpError> {
    match request.extensions().get::<Peer>() {
        Some(peer) if !peer.is_admitted => Err(HttpError::TooManyConnections),
        _ => Ok(()),
    }
}

/// Returns the token that closes the connection of a request.
pub fn hang_up(extensions: &Extensions) -> CancellationToken {
    let peer = extensions.get::<Peer>();
    peer.map(|peer| peer.hang_up.clone()).unwrap_or_default()
}

/// Sets security headers: answers must not be cached, sniffed or framed.
pub fn security_headers() -> MapResponseLayer<fn(Response) -> Response> {
    MapResponseLayer::new(|mut response: Response| {
        let headers = response.headers_mut();
        // An event stream has its own, stricter value.
        headers
            .entry(CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        );
        response
    })
}
