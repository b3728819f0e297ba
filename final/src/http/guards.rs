//! Who may call, and from where.

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

/// How long a browser may remember the answer to a preflight, instead of asking
/// before every call. Chromium remembers none for longer.
const PREFLIGHT_AGE: Duration = Duration::from_secs(2 * 60 * 60);

/// The request headers that a page may send.
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

/// The client, put into every request by the connection.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Whom its requests count for, unless something else tells who it is: the
    /// network of the other end, or of the client that a trusted proxy names.
    pub network: Arc<str>,
    /// It is within the bounds on connections. Operators' routes are served beyond
    /// them, too.
    pub is_admitted: bool,
    /// Closes the connection, whatever is still to be sent.
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
    /// A page of the server's own origin, or of a configured one.
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

/// A check as a layer. Like a middleware function, but without its boxes.
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

/// DNS rebinding: a page may not reach a local server under a name of its own.
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

/// Requests that name one host, whichever it is.
///
/// # Errors
/// [`HttpError::BadHost`], [`HttpError::HostMismatch`].
pub fn any_host(_: &Guards, request: &mut Request) -> Result<(), HttpError> {
    host::named(request).map(drop)
}

/// Lets the configured origins' pages read our answers; nothing to do for pages
/// of our own origin. `parameters` are the headers that repeat arguments of tools.
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

/// Methods that the endpoint has. `HEAD` would otherwise be served as a `GET`.
///
/// # Errors
/// [`HttpError::MethodNotAllowed`]
pub fn known_method(_: &Guards, request: &mut Request) -> Result<(), HttpError> {
    match *request.method() {
        Method::GET | Method::POST | Method::DELETE | Method::OPTIONS => Ok(()),
        _ => Err(HttpError::MethodNotAllowed),
    }
}

/// A client beyond the bounds on connections gets no further.
///
/// # Errors
/// [`HttpError::TooManyConnections`]
pub fn admitted(_: &Guards, request: &mut Request) -> Result<(), HttpError> {
    match request.extensions().get::<Peer>() {
        Some(peer) if !peer.is_admitted => Err(HttpError::TooManyConnections),
        _ => Ok(()),
    }
}

/// Closes the connection on which a request came.
pub fn hang_up(extensions: &Extensions) -> CancellationToken {
    let peer = extensions.get::<Peer>();
    peer.map(|peer| peer.hang_up.clone()).unwrap_or_default()
}

/// Answers are for the program that asked: not to be cached, sniffed or framed.
pub fn security_headers() -> MapResponseLayer<fn(Response) -> Response> {
    MapResponseLayer::new(|mut response: Response| {
        let headers = response.headers_mut();
        // An event stream says more than this.
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
