//! Closes connections whose client does not send a request in time.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// The time that a connection waits for the next request, and for its whole head.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub idle: Duration,
    pub head: Duration,
}

/// The count of starts and ends of the requests on one connection. It is odd while
/// a request is being served.
#[derive(Debug, Clone, Default)]
pub(super) struct Activity(Arc<AtomicU64>);

/// A request that is being served, until this value is dropped.
#[derive(Debug)]
pub(super) struct Busy(Activity);

impl Activity {
    pub fn begin(&self) -> Busy {
        self.0.fetch_add(1, Ordering::Relaxed);
        Busy(self.clone())
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A connection's wait for a request.
#[derive(Debug, Clone, Copy)]
struct Wait {
    /// The value of [`Activity`] at its start.
    after: u64,
    since: Instant,
    /// The first bytes of the request have arrived.
    begun: bool,
}

/// A stream that ends if no request arrives in time, and fails if only a part of a
/// head does. It has no deadline while a request is served, because handlers have
/// their own.
///
/// hyper has one deadline for both waits, from the end of an answer to the end of
/// the next head.
pub(super) struct TimedStream<S> {
    stream: S,
    activity: Activity,
    patience: Patience,
    wait: Option<Wait>,
    deadline: Pin<Box<Sleep>>,
}

impl<S> TimedStream<S> {
    pub fn new(stream: S, activity: Activity, patience: Patience) -> Self {
        let deadline = Box::pin(sleep(patience.idle));
        Self { stream, activity, patience, wait: None, deadline }
    }

    /// Returns the current wait; `None` while a request is served.
    fn wait(&mut self) -> Option<&mut Wait> {
        let after = self.activity.count();
        if after % 2 == 1 {
            return None;
        }
        if self.wait.is_none_or(|wait| wait.after != after) {
            self.wait = Some(Wait { after, since: Instant::now(), begun: false });
        }
        self.wait.as_mut()
    }

    fn note_bytes(&mut self) {
        if let Some(wait) = self.wait()
            && !wait.begun
        {
            wait.since = Instant::now();
            wait.begun = true;
        }
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Patience { idle, head } = self.patience;
        let Some(wait) = self.wait().copied() else { return Poll::Pending };
        let deadline = wait.since + if wait.begun { head } else { idle };
        if self.deadline.deadline() != deadline {
            self.deadline.as_mut().reset(deadline);
        }
        ready!(self.deadline.as_mut().poll(cx));
        Poll::Ready(match wait.begun {
            true => Err(io::ErrorKind::TimedOut.into()),
            // As if the client had closed the connection.
            false => Ok(()),
        })
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TimedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if read.is_pending() {
            return self.poll_deadline(cx);
        }
        if buffer.filled().len() > before {
            self.note_bytes();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> TimedStream<S> {
    /// Restarts the idle time, because a client that still reads an answer is not
    /// idle.
    fn note_written(
        &mut self,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.wait = self.wait.filter(|wait| wait.begun);
        }
        written
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TimedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.note_written(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.note_written(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
