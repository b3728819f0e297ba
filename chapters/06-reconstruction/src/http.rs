//! The first transport, Streamable HTTP: one endpoint.
//! spec: basic/transports (streamable HTTP)

pub mod error_response;
pub mod post;
pub mod session;

use std::sync::Arc;

use axum::{Router, routing};

use crate::engine::Engine;

/// The routes. GET is answered with 405: there are no streams to listen to.
pub fn router(engine: Arc<Engine>) -> Router {
    let endpoint = routing::post(post::post).delete(session::delete);
    Router::new().route("/mcp", endpoint).with_state(engine)
}
