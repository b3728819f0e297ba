//! The handles that everything on a node shares.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::ChangePublisher;
use crate::bus::Bus;
use crate::calls::LiveSessions;
use crate::detached::Detached;
use crate::readiness::Readiness;
use crate::sessions::store::Result;
use crate::sessions::{
    AppendedSession, Audit, Clock, HistoryAppend, SessionId, SessionStore,
};
use crate::telemetry::Metrics;

/// The node on which a call runs. Its handler reaches parts of this through its
/// [`Context`](super::Context).
pub(crate) struct NodeContext {
    /// Where sessions and tapes are kept.
    pub store: Arc<dyn SessionStore>,
    /// The sessions of which a call runs here.
    pub live: Arc<LiveSessions>,
    /// Publishes changes to their subscribers.
    pub changes: Arc<ChangePublisher>,
    /// Records requests and responses.
    pub audit: Arc<Audit>,
    /// Messages to the other nodes.
    pub bus: Arc<dyn Bus>,
    /// Runs what outlives its connection or its call.
    pub background: TaskTracker,
    /// Cancelled when the calls that still run must end with an error.
    pub out_of_time: CancellationToken,
    /// Counts and measures.
    pub metrics: Arc<Metrics>,
    /// Tells whether the node is going down.
    pub readiness: Arc<Readiness>,
    /// Shows the time to requests that no store has given one.
    pub clock: Clock,
    /// How long a session or tape may be idle.
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

    /// Appends to the history of a session, and counts what was appended.
    pub async fn append_history(
        &self,
        id: &SessionId,
        append: &HistoryAppend,
    ) -> Result<Option<AppendedSession>> {
        let appended = self.store.append_history(id, append).await?;
        if appended.is_some() {
            self.metrics.count_calculations(&append.entries);
        }
        Ok(appended)
    }

    /// Runs `work` to its end, even if its caller stops waiting: a client that
    /// disconnects has not withdrawn what it sent (L049), and a change and its
    /// publication belong together.
    pub fn detached<F>(&self, work: F) -> Detached<F>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        Detached::new(work, &self.background)
    }
}
