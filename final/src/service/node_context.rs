//! What all calls of a node have in common.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::task::TaskTracker;

use super::ChangePublisher;
use crate::bus::Bus;
use crate::detached::Detached;
use crate::readiness::Readiness;
use crate::sessions::{Audit, LiveSessions, SessionId, SessionStore};
use crate::telemetry::Metrics;

/// What a handler reaches through its [`Context`](super::Context).
pub(crate) struct NodeContext {
    /// Where sessions and tapes are kept.
    pub store: Arc<dyn SessionStore>,
    /// What is live on this node.
    pub live: Arc<LiveSessions>,
    /// Tells listeners of changes.
    pub changes: Arc<ChangePublisher>,
    /// What was asked and answered.
    pub audit: Arc<Audit>,
    /// The way to the other nodes.
    pub bus: Arc<dyn Bus>,
    /// Runs what is left to do when a call is over.
    pub background: TaskTracker,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// Whether the node is going down.
    pub readiness: Arc<Readiness>,
    /// A session or tape that is idle for longer is gone.
    pub session_timeout: Duration,
}

impl NodeContext {
    /// Counts a session or tape that was taken over from another node.
    pub fn count_reconstruction(&self, id: &SessionId, reconstructed: bool) {
        if reconstructed {
            self.metrics.sessions_reconstructed.inc();
            tracing::debug!(session = %id.hint(), "taken over from another node");
        }
    }

    /// Runs a change and what follows from it to the end, whether the call that
    /// makes it goes on or not.
    pub async fn detached<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T {
        Detached::new(work, &self.background).await
    }
}
