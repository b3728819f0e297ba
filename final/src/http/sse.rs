//! Writes event streams. axum's `Sse` is not used: its `Event` cannot write the empty
//! `data` line with which a resumable stream begins, and its `KeepAlive` takes no
//! other events.
//! spec: WHATWG HTML, server-sent events

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::Response;
use futures_util::stream::{self, Stream, StreamExt};
use prometheus::IntGauge;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::events::{Frame, StreamCursor};
use crate::protocol::{RawJson, one_line};

/// The interval of comments, which keep proxies from closing a silent stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How many milliseconds a client should wait before it reconnects. Sent only
/// before the server closes: some clients give up a stream that has such a line.
const RETRY: u64 = 1000;

/// Sends the frames of a stream until it or its client ends the connection.
pub fn stream(open: &IntGauge, cursor: StreamCursor) -> Response {
    let state = (cursor, OpenStream::new(open));
    respond(stream::unfold(state, async |mut state| {
        let frame = async { state.0.next().await.map(|frame| encode(&frame)) };
        Some((or_comment(frame).await?, state))
    }))
}

/// Sends messages as they come, until there are no more.
pub fn messages(open: &IntGauge, queue: mpsc::Receiver<RawJson>) -> Response {
    let state = (queue, OpenStream::new(open));
    respond(stream::unfold(state, async |mut state| {
        let message = async { state.0.recv().await.map(|it| event(&it)) };
        Some((or_comment(message).await?, state))
    }))
}

/// Waits for the next event. After a while without one, returns a comment; the caller
/// waits again then.
async fn or_comment(event: impl Future<Output = Option<Bytes>>) -> Option<Bytes> {
    let comment = Bytes::from_static(b":\n\n");
    timeout(KEEP_ALIVE, event).await.unwrap_or(Some(comment))
}

/// Sends one message as a stream, to a client that accepts nothing else.
pub fn single(message: &RawJson) -> Response {
    respond(stream::iter([event(message)]))
}

/// Sends no message: the answer to a request that was cancelled.
pub fn empty() -> Response {
    respond(stream::empty())
}

fn respond(events: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    let events = events.map(Ok::<Bytes, Infallible>);
    let mut response = Response::new(Body::from_stream(events));
    let headers = response.headers_mut();
    let event_stream = HeaderValue::from_static("text/event-stream");
    headers.insert(CONTENT_TYPE, event_stream);
    // A proxy that compresses would hold events back.
    let cache = HeaderValue::from_static("no-store, no-transform");
    headers.insert(CACHE_CONTROL, cache);
    // For proxies of the nginx family, which would collect events into blocks.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// Writes a message as an event. Messages are compact JSON, so they hold no line
/// break.
fn event(message: &RawJson) -> Bytes {
    format!("event: message\ndata: {}\n\n", one_line(message)).into()
}

fn encode(frame: &Frame) -> Bytes {
    match frame {
        // It has data, or clients would not take note of its id (L043).
        Frame::Opening(id) => format!("id: {id}\ndata:\n\n"),
        Frame::Message(id, message) => {
            let data = one_line(message);
            format!("id: {id}\nevent: message\ndata: {data}\n\n")
        }
        Frame::Reconnect => format!("retry: {RETRY}\n\n"),
    }
    .into()
}

/// Counts a stream for as long as it is open.
struct OpenStream(IntGauge);

impl OpenStream {
    fn new(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.dec();
    }
}
