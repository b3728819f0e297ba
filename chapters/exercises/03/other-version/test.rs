//! The version of a session, in the headers of its requests.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::IntoResponse;
use ch03_sessions::calculator::Calculator;
use ch03_sessions::engine::Engine;
use ch03_sessions::http::session::{
    SESSION_HEADER, VERSION_HEADER, require_session,
};
use ch03_sessions::protocol::to_raw;
use serde_json::json;

#[tokio::test]
async fn another_version_than_that_of_the_session_is_refused() {
    let engine = Engine::new(Arc::new(Calculator::default()));
    let params = to_raw(&json!({ "protocolVersion": "2025-06-18" }));
    let (id, _) = engine.initialize(Some(&params)).await.expect("a handshake");
    let id = HeaderValue::from_str(&id.to_string()).expect("ASCII");
    let mut headers = HeaderMap::from_iter([(
        SESSION_HEADER.parse().expect("a header's name"),
        id,
    )]);
    assert!(require_session(&engine, &headers).await.is_ok(), "without a version");

    headers.insert(VERSION_HEADER, HeaderValue::from_static("2025-06-18"));
    assert!(require_session(&engine, &headers).await.is_ok(), "with its own");
    headers.insert(VERSION_HEADER, HeaderValue::from_static("2025-11-25"));
    let refused = require_session(&engine, &headers).await.err();
    let status = refused.map(|error| error.into_response().status());
    let expected = Some(StatusCode::BAD_REQUEST);
    assert_eq!(status, expected, "a session keeps its version");
}
