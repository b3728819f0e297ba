//! The live page: the sequence diagram of the record, drawn while it happens.
//!
//! ```text
//! feed         what the page is told, as server-sent events
//! index.html   the page
//! live.js      draws it
//! live.css     its style
//! ```

pub mod feed;

use std::convert::Infallible;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::unfold;
use tokio::net::TcpListener;

use feed::Feed;

const HTML: &str = include_str!("watch/index.html");
const SCRIPT: &str = include_str!("watch/live.js");
const STYLE: &str = include_str!("watch/live.css");

/// The page loads nothing from elsewhere, and the browser enforces it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'";

/// Serves the page for as long as the lab runs.
pub async fn serve(listener: TcpListener, feed: Feed) {
    let router = Router::new()
        .route("/", get(|| async { text("text/html; charset=utf-8", HTML) }))
        .route("/live.js", get(|| async { text("text/javascript", SCRIPT) }))
        .route("/live.css", get(|| async { text("text/css", STYLE) }))
        .route("/events", get(events))
        .with_state(feed);
    // An error means that the socket is gone, and the reader sees an empty page.
    let _ = axum::serve(listener, router).await;
}

fn text(kind: &'static str, text: &'static str) -> Response {
    let policy = (header::CONTENT_SECURITY_POLICY, POLICY);
    ([(header::CONTENT_TYPE, kind), policy], text).into_response()
}

/// Everything from the start, or from where a browser lost its connection.
async fn events(State(feed): State<Feed>, headers: HeaderMap) -> Response {
    let last = headers.get(HeaderName::from_static("last-event-id"));
    let last = last.map(HeaderValue::to_str).and_then(Result::ok);
    let feed = feed.behind(last.and_then(|id| id.parse().ok()));
    let events = unfold(feed, |mut feed| async {
        let event = feed.next().await;
        Some((Ok::<_, Infallible>(event), feed))
    });
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}
