//! Bodies that are unread when the answer is ready: most refusals come first. Many
//! clients read no answer before they have sent everything, and would see a broken
//! connection instead. So the rest of the body is read and discarded, within
//! bounds, and the id of the request is taken from it.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::{CONNECTION, EXPECT};
use axum::http::{HeaderValue, Request};
use axum::response::Response;
use http_body_util::BodyExt;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use tokio::time::timeout;
use tower::Service as _;

use super::error_response::add_id;
use super::outline::Outline;
use crate::lock::lock;

/// The maximum of discarded bytes: many times the longest accepted body, and too
/// few for an attack.
const MAX_DISCARDED: usize = 32 << 20;

/// The time limit for that: a client that sends without a pause needs less.
const DISCARD_DEADLINE: Duration = Duration::from_secs(2);

/// Answers a request. If its body cannot be read to the end, the answer announces
/// that the connection will be closed.
///
/// # Errors
/// None: the router answers everything.
pub async fn serve(
    mut router: Router,
    request: Request<Incoming>,
) -> Result<Response, Infallible> {
    // Most requests without a body are of clients that wait for a stream to begin.
    if request.body().is_end_stream() {
        return router.call(request.map(Body::new)).await;
    }
    let asks_first = request.headers().contains_key(EXPECT);
    let returned = Returned::default();
    let lend = |body| Body::new(LentBody::new(body, returned.clone()));
    let mut response = router.call(request.map(lend)).await?;
    let Some(unread) = lock(&returned).take() else { return Ok(response) };
    match unread.discard(asks_first).await {
        Some(outline) => {
            if let Some(id) = outline.request_id() {
                add_id(&mut response, &id);
            }
        }
        None => {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(CONNECTION, close);
        }
    }
    Ok(response)
}

/// A body that was not read to its end.
struct UnreadBody {
    /// The bytes that have been read.
    read: Vec<Bytes>,
    /// The rest, if it can be read.
    rest: Option<Incoming>,
}

impl UnreadBody {
    /// Reads to the end; `None` if that is not within the bounds. A client that
    /// asks before it sends its body (RFC 9110, 10.1.1) is not made to send it.
    async fn discard(self, asks_first: bool) -> Option<Outline> {
        let Self { read, rest } = self;
        let mut rest = rest.filter(|_| !asks_first || !read.is_empty())?;
        let mut outline = Outline::default();
        read.iter().for_each(|bytes| outline.push(bytes));
        let discard = async {
            let mut left = MAX_DISCARDED;
            while let Some(frame) = rest.frame().await {
                if let Ok(bytes) = frame.ok()?.into_data() {
                    left = left.checked_sub(bytes.len())?;
                    outline.push(&bytes);
                }
            }
            Some(outline)
        };
        timeout(DISCARD_DEADLINE, discard).await.ok()?
    }
}

/// The place to which an unread body returns.
type Returned = Arc<Mutex<Option<UnreadBody>>>;

/// A body that is returned when it is dropped before its end.
struct LentBody {
    /// `None` when all of it has been read.
    unread: Option<UnreadBody>,
    returned: Returned,
}

impl LentBody {
    fn new(body: Incoming, returned: Returned) -> Self {
        let unread = UnreadBody { read: Vec::new(), rest: Some(body) };
        Self { unread: Some(unread), returned }
    }

    fn rest(&self) -> Option<&Incoming> {
        self.unread.as_ref()?.rest.as_ref()
    }
}

impl hyper::body::Body for LentBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(UnreadBody { read, rest }) = &mut self.unread else {
            return Poll::Ready(None);
        };
        let Some(body) = rest else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(cx);
        match &polled {
            // The bytes are shared, not copied.
            Poll::Ready(Some(Ok(frame))) => read.extend(frame.data_ref().cloned()),
            Poll::Ready(Some(Err(_))) => *rest = None,
            Poll::Ready(None) => self.unread = None,
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.rest().is_none_or(hyper::body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.rest().map(hyper::body::Body::size_hint).unwrap_or_default()
    }
}

impl Drop for LentBody {
    fn drop(&mut self) {
        if let Some(unread) = self.unread.take() {
            *lock(&self.returned) = Some(unread);
        }
    }
}
