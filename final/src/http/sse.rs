//! Writes event streams.
//! spec: WHATWG HTML, server-sent events

use std::convert::Infallible;
use std::fmt::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::Response;
use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use prometheus::IntGauge;
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep, sleep};

use crate::events::{Frame, StreamCursor};
use crate::protocol::{RawJson, one_line};

/// A comment this often keeps proxies from closing a silent stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How many milliseconds a client should wait before it comes back. Sent only
/// before the server closes: some clients give up a stream that has such a line.
const RETRY: u64 = 1000;

/// Sends what a reader reads, for as long as both sides like.
pub fn stream(open: &IntGauge, reader: StreamCursor) -> Response {
    let open = OpenStream::new(open);
    let frames = stream::unfold((reader, open), async |(mut reader, open)| {
        Some((reader.next().await?, (reader, open)))
    });
    respond(keep_alive(frames.map(|frame| encode(&frame))))
}

fn keep_alive(
    events: impl Stream<Item = Bytes> + Send + 'static,
) -> KeepAliveStream {
    let silence = Box::pin(sleep(KEEP_ALIVE));
    KeepAliveStream { events: events.boxed(), silence }
}

/// Sends messages as they come, until there will be no more.
pub fn messages(open: &IntGauge, queue: mpsc::Receiver<RawJson>) -> Response {
    let open = OpenStream::new(open);
    let messages = stream::unfold((queue, open), async |(mut queue, open)| {
        Some((event(&queue.recv().await?), (queue, open)))
    });
    respond(keep_alive(messages))
}

/// A stream of one message, for a client that takes only streams.
pub fn single(message: &RawJson) -> Response {
    respond(stream::iter([event(message)]))
}

fn event(message: &RawJson) -> Bytes {
    format!("event: message\ndata: {}\n\n", one_line(message)).into()
}

/// A stream without a message: the answer to a request that was cancelled.
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

/// Messages are compact JSON, so they hold no line break.
fn encode(frame: &Frame) -> Bytes {
    let mut event = String::new();
    // Writing to a string does not fail. A priming event has data, or clients
    // would not take note of its id (L043).
    let _ = match frame {
        Frame::Opening(id) => write!(event, "id: {id}\ndata:\n\n"),
        Frame::Message(id, message) => {
            let data = one_line(message);
            write!(event, "id: {id}\nevent: message\ndata: {data}\n\n")
        }
        Frame::Reconnect => write!(event, "retry: {RETRY}\n\n"),
    };
    event.into()
}

/// Events, and comments where there are none for a while.
struct KeepAliveStream {
    events: BoxStream<'static, Bytes>,
    silence: Pin<Box<Sleep>>,
}

impl Stream for KeepAliveStream {
    type Item = Bytes;

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Bytes>> {
        let polled = match self.events.poll_next_unpin(cx) {
            Poll::Pending if self.silence.as_mut().poll(cx).is_ready() => {
                Poll::Ready(Some(Bytes::from_static(b":\n\n")))
            }
            polled => polled,
        };
        if polled.is_ready() {
            self.silence.as_mut().reset(Instant::now() + KEEP_ALIVE);
        }
        polled
    }
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
