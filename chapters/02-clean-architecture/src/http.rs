//! The first transport, Streamable HTTP: one endpoint.
//! spec: basic/transports (streamable HTTP)

pub mod post;

use std::sync::Arc;

use axum::{Router, routing};

use crate::engine::Engine;

/// The routes. Any other method than POST is answered with 405: there is no
/// stream to GET and no session to DELETE.
pub fn router(engine: Arc<Engine>) -> Router {
    Router::new().route("/mcp", routing::post(post::post)).with_state(engine)
}
