//! Work that is detached from its connection, and continues if the client leaves.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio_util::task::TaskTracker;

/// A future that continues in a background task if it is dropped before its end.
pub struct Detached<F: Future<Output: Send> + Send + Unpin + 'static> {
    work: Option<F>,
    background: TaskTracker,
}

impl<F: Future<Output: Send> + Send + Unpin + 'static> Detached<F> {
    /// Makes a future that runs `work` to its end, even if it is dropped. `work` is
    /// boxed, so that it can move into a task after it was polled.
    pub fn new(work: F, background: &TaskTracker) -> Self {
        Self { work: Some(work), background: background.clone() }
    }
}

impl<F: Future<Output: Send> + Send + Unpin + 'static> Future for Detached<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Some(work) = &mut self.work else { return Poll::Pending };
        let polled = Pin::new(work).poll(cx);
        if polled.is_ready() {
            self.work = None;
        }
        polled
    }
}

impl<F: Future<Output: Send> + Send + Unpin + 'static> Drop for Detached<F> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            self.background.spawn(work);
        }
    }
}
