//! Streamable HTTP: one endpoint for the protocol, four paths for operators.
//! spec: basic/transports (streamable HTTP)

pub mod accept;
pub mod authentication;
mod batch;
pub mod body;
pub mod client_address;
pub mod direct;
pub mod era;
pub mod error;
pub mod error_response;
pub mod guards;
pub mod header_check;
pub mod host;
pub mod message;
pub mod operators;
pub mod outline;
pub mod post;
pub mod rate_limit;
pub mod reply;
pub mod session;
pub mod single;
pub mod sse;
pub mod stateless;
pub mod unread;

use std::sync::Arc;
use std::time::Duration;

use axum::{Router, routing};
use tower::ServiceBuilder;

use crate::engine::Engine;
use crate::http::error::HttpError;
use crate::http::guards::Guards;
use crate::http::rate_limit::RateLimit;
use crate::readiness::Readiness;
use crate::telemetry::Metrics;

/// The state that request handlers share.
pub struct Http {
    /// Serves the messages.
    pub engine: Arc<Engine>,
    /// Counts requests and measures their duration.
    pub metrics: Arc<Metrics>,
    /// The rate limit of each client.
    pub rate_limit: RateLimit,
    /// The state of the node: starting, serving or draining.
    pub readiness: Arc<Readiness>,
    /// The checks of callers and their origin.
    pub guards: Arc<Guards>,
    /// The maximum length of a body, in bytes.
    pub max_body: usize,
    /// A call that runs longer than this is answered as a stream.
    pub sse_after: Duration,
    /// A stream's client is disconnected after this time without a read.
    pub sse_stall: Duration,
}

/// Builds the routes. The layers run from the outermost inwards: `Host` and
/// `Origin`, preflight, method, connection limits, authentication, rate limit.
///
/// The checks are one stack in one `layer` call, because axum boxes the service of
/// every such call and clones the boxes for every request.
pub fn router(http: Arc<Http>) -> Router {
    let guards = &http.guards;
    let checks = ServiceBuilder::new()
        .layer(guards::security_headers())
        .layer(guards::layer(guards, guards::host_and_origin))
        .option_layer(guards::cors(guards, http.engine.parameter_headers()))
        .layer(guards::layer(guards, guards::known_method))
        .layer(guards::layer(guards, guards::admitted))
        .layer(guards::layer(guards, authentication::authenticate))
        .layer(http.rate_limit.layer(http.metrics.clone()));
    // The layer has refused all other methods.
    let endpoint = routing::post(post::post)
        .get(session::listen)
        .delete(session::delete)
        .options(error_response::options);
    Router::new()
        .route("/mcp", endpoint.clone())
        .route("/mcp/", endpoint)
        .layer(checks)
        .merge(operators(guards))
        .with_state(http)
}

/// Builds the operators' routes. They accept any valid `Host`, because probes and
/// scrapers connect by address and without a token.
fn operators(guards: &Arc<Guards>) -> Router<Arc<Http>> {
    let checks = ServiceBuilder::new()
        .layer(guards::security_headers())
        .layer(guards::layer(guards, guards::any_host));
    Router::new()
        .route("/livez", routing::get(operators::livez))
        .route("/readyz", routing::get(operators::readyz))
        .route("/health", routing::get(operators::health))
        .route("/metrics", routing::get(operators::metrics))
        .fallback(async || HttpError::NoSuchPath)
        .layer(checks)
}
