//! Work that is detached from its connection, and continues if the client leaves.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio_util::task::TaskTracker;

/// A future that continues in a background task if it is dropped before its end.
pub struct Detached<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    /// Boxed, so that it can move into a task after it was polled.
    work: Option<Pin<Box<F>>>,
    background: TaskTracker,
}

impl<F> Detached<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    /// Makes a future that runs `work` to its end, even if it is dropped.
    pub fn new(work: F, background: &TaskTracker) -> Self {
        Self { work: Some(Box::pin(work)), background: background.clone() }
    }
}

impl<F> Future for Detached<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Some(work) = &mut self.work else { return Poll::Pending };
        let polled = work.as_mut().poll(cx);
        if polled.is_ready() {
            self.work = None;
        }
        polled
    }
}

impl<F> Drop for Detached<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            self.background.spawn(work);
        }
    }
}
