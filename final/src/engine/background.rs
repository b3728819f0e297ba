//! Work that does not end with the connection that it came on.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use tokio_util::task::TaskTracker;

use super::Engine;

/// A future that goes on in the background if it is dropped before its end.
pub struct Persistent<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    /// Boxed, so that it can move into a task when it has already begun.
    work: Option<Pin<Box<F>>>,
    background: TaskTracker,
}

impl Engine {
    /// Runs `work` to its end, whether somebody waits for it or not: a client
    /// that disconnects has not taken back what it said (L049).
    pub fn persist<F>(&self, work: F) -> Persistent<F>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let work = Some(Box::pin(work));
        Persistent { work, background: self.background.clone() }
    }

    /// Does something beside the requests; the drain waits for it.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.background.spawn(work);
    }

    /// Waits for what goes on in the background.
    pub async fn finish_background(&self) {
        self.background.close();
        self.background.wait().await;
    }
}

impl<F> Future for Persistent<F>
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

impl<F> Drop for Persistent<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            self.background.spawn(work);
        }
    }
}
