//! Work that does not end with the connection that it came on.

use super::Engine;
use crate::detached::Detached;

impl Engine {
    /// Runs `work` to its end, whether somebody waits for it or not: a client
    /// that disconnects has not taken back what it said (L049).
    pub fn detached<F>(&self, work: F) -> Detached<F>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        Detached::new(work, &self.background)
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
