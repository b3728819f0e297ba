//! Work that outlives its connection.

use super::Engine;
use crate::detached::Detached;

impl Engine {
    /// Runs `work` to its end, even if its caller stops waiting: a client that
    /// disconnects has not withdrawn its message (L049).
    pub fn detached<F>(&self, work: F) -> Detached<F>
    where
        F: Future<Output: Send> + Send + Unpin + 'static,
    {
        self.node.detached(work)
    }

    /// Runs `work` beside the requests; the drain waits for it.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.node.background.spawn(work);
    }

    /// Waits for all background work.
    pub async fn finish_background(&self) {
        self.node.background.close();
        self.node.background.wait().await;
    }
}
