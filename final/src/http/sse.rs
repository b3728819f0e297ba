//! Writes event streams.

use std::{convert::Infallible, time::Duration};

use axum::{
    http::HeaderValue,
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::stream::{self, Stream};
use prometheus::IntGauge;
use tokio::task::JoinHandle;

use super::Http;
use crate::{
    engine::{Call, Ended, Listening},
    protocol::{RawJson, jsonrpc::RequestId},
    sessions::{Frame, Inbox},
};

/// A comment this often keeps proxies from closing a silent stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How long a client should wait before it comes back.
const RETRY: Duration = Duration::from_secs(1);

/// How the call of a stream ends.
enum End {
    Running(JoinHandle<Ended>),
    Known(Ended),
    Told,
}

/// The stream that answers a POST.
struct CallStream {
    /// Sent before anything else.
    first: Option<Frame>,
    inbox: Inbox,
    id: RequestId,
    end: End,
    _open: OpenStream,
}

impl CallStream {
    /// The next event; `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        if let Some(frame) = self.first.take() {
            return Some(event(frame));
        }
        // Ends with the sender, which is the call, or because the reader
        // was cut off.
        if let Some(frame) = self.inbox.recv().await {
            return Some(event(frame));
        }
        if self.inbox.is_cut() {
            return None;
        }
        let ended = match std::mem::replace(&mut self.end, End::Told) {
            End::Running(task) => task.await.unwrap_or(Ended::Cancelled),
            End::Known(ended) => ended,
            End::Told => return None,
        };
        ended.into_message(&self.id).map(|text| message(&text))
    }
}

/// Answers a POST with a stream: `first`, what the call sends, and its end.
pub fn call(
    http: &Http,
    call: Call,
    ended: Option<Ended>,
    inbox: Inbox,
    first: Option<Frame>,
) -> Response {
    let id = call.id.clone();
    let end = match ended {
        Some(ended) => End::Known(ended),
        None => End::Running(call.into_task()),
    };
    let _open = OpenStream::new(&http.metrics.post_streams);
    let stream = CallStream { first, inbox, id, end, _open };
    respond(stream::unfold(stream, async |mut stream| {
        stream.next().await.map(|event| (Ok(event), stream))
    }))
}

/// Answers a GET with the session's stream, for as long as both sides like.
pub fn listen(http: &Http, listening: Listening) -> Response {
    let open = OpenStream::new(&http.metrics.get_streams);
    respond(stream::unfold((listening, open), async |(mut listening, open)| {
        let frame = listening.inbox.recv().await?;
        Some((Ok(event(frame)), (listening, open)))
    }))
}

/// A stream of one message, for a client that takes only streams.
pub fn single(text: RawJson) -> Response {
    respond(stream::iter([Ok(message(&text))]))
}

/// A stream without a message: the answer to a request that was cancelled.
pub fn empty() -> Response {
    respond(stream::empty())
}

fn respond(
    events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static,
) -> Response {
    let mut response = Sse::new(events)
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response();
    // For proxies of the nginx family, which would collect events into blocks.
    let unbuffered = HeaderValue::from_static("no");
    response.headers_mut().insert("x-accel-buffering", unbuffered);
    response
}

fn event(frame: Frame) -> Event {
    match frame {
        Frame::Message(text) => message(&text),
        Frame::Retry => Event::default().retry(RETRY),
    }
}

fn message(text: &RawJson) -> Event {
    Event::default().event("message").data(text.get())
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
