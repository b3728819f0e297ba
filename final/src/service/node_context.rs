//! The handles that all calls on a node share.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::ChangePublisher;
use crate::bus::Bus;
use crate::calls::LiveSessions;
use crate::detached::Detached;
use crate::readiness::Readiness;
use crate::sessions::{Audit, Clock, SessionId, SessionStore};
use crate::telemetry::Metrics;

/// The node on which a call runs. Its handler reaches parts of this through its
/// [`Context`](super::Context).
pub(crate) struct NodeContext {
    /// The store of sessions and tapes.
    pub store: Arc<dyn SessionStore>,
    /// The sessions of which a call runs here.
    pub live: Arc<LiveSessions>,
    /// Publishes changes to their subscribers.
    pub changes: Arc<ChangePublisher>,
    /// Records requests and responses.
    pub audit: Arc<Audit>,
    /// Messages to the other nodes.
    pub bus: Arc<dyn Bus>,
    /// Runs work that outlives its connection or its call.
    pub background: TaskTracker,
    /// Cancelled when the calls that still run must end with an error.
    pub out_of_time: CancellationToken,
    /// Counts and measures.
    pub metrics: Arc<Metrics>,
    /// Knows whether the node is shutting down.
    pub readiness: Arc<Readiness>,
    /// The clock of requests that have no store's time.
    pub clock: Clock,
    /// A session or tape expires after this time without activity.
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

    /// Runs `work` to its end, even if its caller stops waiting: a client that
    /// disconnects has not withdrawn its message (L049), and a change must not
    /// happen without its publication.
    pub fn detached<F>(&self, work: F) -> Detached<F>
    where
        F: Future<Output: Send> + Send + Unpin + 'static,
    {
        Detached::new(work, &self.background)
    }
}
