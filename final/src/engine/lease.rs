//! The **lease** of this node, and the calls of nodes whose lease has expired. A
//! node that has not renewed its lease is dead, unless storage was away, because no
//! node could renew its lease then.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::time::Instant;

use super::Storage;
use crate::bus::Bus;
use crate::error::Error;
use crate::events::{EventLog, OpenStreams, Runner, StreamHandle, StreamId};
use crate::lock::lock;
use crate::sessions::{NodeId, SessionId, StoreError};

/// How many streams of a dead node are ended concurrently.
const CONCURRENT_ENDS: usize = 64;

/// The time since which storage has been reached without a break.
#[derive(Debug, Default)]
pub(super) struct StorageUptime(Mutex<Option<Instant>>);

impl StorageUptime {
    /// Records an answer of storage, or its absence.
    fn record(&self, reached: bool) {
        let mut since = lock(&self.0);
        *since = since.filter(|_| reached).or(reached.then(Instant::now));
    }

    fn is_at_least(&self, time: Duration) -> bool {
        let since = lock(&self.0);
        since.is_some_and(|since| since.elapsed() >= time)
    }
}

/// This node's lease, and its view of the other nodes' leases.
pub(super) struct NodeLease {
    node: NodeId,
    duration: Duration,
    uptime: StorageUptime,
    bus: Arc<dyn Bus>,
    log: Arc<dyn EventLog>,
    open: Arc<OpenStreams>,
}

impl NodeLease {
    /// Creates the lease of the node that reads the streams `open`.
    pub fn new(
        storage: &Storage,
        open: Arc<OpenStreams>,
        duration: Duration,
    ) -> Self {
        Self {
            node: storage.node.clone(),
            duration,
            uptime: StorageUptime::default(),
            bus: storage.bus.clone(),
            log: storage.log.clone(),
            open,
        }
    }

    /// Returns the interval at which it must be renewed.
    pub fn period(&self) -> Duration {
        self.duration / 3
    }

    /// Renews it.
    pub async fn renew(&self) {
        let renewed = self.renew_or_take().await;
        if let Err(error) = &renewed {
            tracing::warn!(%error, "the lease of this node was not renewed");
        }
        self.uptime.record(renewed.is_ok());
    }

    /// Renews the lease, or takes it anew. A lease that is gone before its time was
    /// lost together with others, so the storage uptime starts again before the
    /// lease is back.
    async fn renew_or_take(&self) -> Result<(), StoreError> {
        if !self.bus.renew_lease().await? {
            self.uptime.record(false);
            self.bus.take_lease().await?;
        }
        Ok(())
    }

    /// Ends it: this node no longer runs anything.
    pub async fn end(&self) {
        if let Err(error) = self.bus.end_lease().await {
            tracing::debug!(%error, "the lease of this node will run out");
        }
    }

    /// Returns whether `runner` is another node.
    pub fn is_foreign(&self, runner: &Runner) -> bool {
        runner.node != self.node
    }

    /// Ends all streams that are read here and wait for the call of a dead node.
    pub async fn fail_orphaned_calls(&self) {
        let mut waiting: HashMap<NodeId, Vec<Arc<StreamHandle>>> = HashMap::new();
        for handle in self.open.all() {
            if let Some(runner) = &handle.runner {
                waiting.entry(runner.node.clone()).or_default().push(handle);
            }
        }
        for (node, handles) in waiting {
            if self.is_dead(&node).await {
                let fail = |handle: Arc<StreamHandle>| async move {
                    if let Some(runner) = &handle.runner {
                        self.fail(&handle.session, handle.stream, runner).await;
                    }
                };
                let handles = stream::iter(handles);
                handles.for_each_concurrent(CONCURRENT_ENDS, fail).await;
            }
        }
    }

    /// Ends the stream of a call with an error if its node is dead.
    pub async fn fail_if_orphaned(
        &self,
        session: &SessionId,
        stream: StreamId,
        runner: &Runner,
    ) {
        if self.is_dead(&runner.node).await {
            self.fail(session, stream, runner).await;
        }
    }

    /// Ends a stream with an error, because its reader would wait forever. If the
    /// node is still alive, storage refuses its own answer.
    async fn fail(&self, session: &SessionId, stream: StreamId, runner: &Runner) {
        let answer = Error::NodeLost.to_message(Some(&runner.call));
        let finish =
            self.log.finish_call(session, stream, &runner.attempt, Some(&answer));
        match finish.await {
            Ok(true) => {
                let node = &runner.node;
                let session = session.hint();
                tracing::warn!(%session, %stream, %node, "its node is dead");
            }
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, session = %session.hint(), "not ended")
            }
        }
        // In any case: the end may be stored although it was not confirmed.
        self.open.wake(session, stream);
    }

    /// Returns whether a node is dead. No node is before storage has been reached
    /// for one whole lease, or if storage has also lost the lease of this node.
    /// Answers of storage decide, not the subscription, which may break while
    /// leases are renewed.
    async fn is_dead(&self, node: &NodeId) -> bool {
        self.bus.is_alive(node).await.is_ok_and(|alive| !alive)
            && self.bus.is_alive(&self.node).await.unwrap_or_default()
            && self.uptime.is_at_least(self.duration)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn uptime_begins_anew_when_storage_was_away() {
        let uptime = StorageUptime::default();
        let second = Duration::from_secs(1);
        assert!(!uptime.is_at_least(Duration::ZERO), "it was never reached");
        uptime.record(true);
        advance(second).await;
        uptime.record(true);
        assert!(uptime.is_at_least(second));
        uptime.record(false);
        assert!(!uptime.is_at_least(Duration::ZERO));
        uptime.record(true);
        assert!(uptime.is_at_least(Duration::ZERO));
        assert!(!uptime.is_at_least(second));
    }
}
