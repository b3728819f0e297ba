//! Which nodes are alive. A node that has not renewed its lease is dead, unless it
//! is storage that was away: then nobody could renew anything.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::time::Instant;

use super::Engine;
use super::upkeep::ticks;
use crate::error::Error;
use crate::events::{Runner, StreamHandle, StreamId};
use crate::lock::lock;
use crate::sessions::{NodeId, SessionId, StoreError};

/// How many streams of a dead node are ended at once.
const BURIALS: usize = 64;

/// Since when storage has been reached without a break.
#[derive(Debug, Default)]
pub(super) struct StorageUptime(Mutex<Option<Instant>>);

impl StorageUptime {
    /// Storage was asked, and has answered or not.
    pub(super) fn note(&self, reached: bool) {
        let mut since = lock(&self.0);
        *since = since.filter(|_| reached).or(reached.then(Instant::now));
    }

    fn at_least_for(&self, time: Duration) -> bool {
        let since = lock(&self.0);
        since.is_some_and(|since| since.elapsed() >= time)
    }
}

impl Engine {
    /// Says that this node is alive, again and again.
    pub(super) async fn keep_lease(&self, lease: Duration) {
        let mut ticks = ticks(lease / 3);
        loop {
            ticks.tick().await;
            let renewed = self.renew_lease().await;
            if let Err(error) = &renewed {
                tracing::warn!(%error, "the lease of this node was not renewed");
            }
            self.reached.note(renewed.is_ok());
            // Storage may have lost the key without a word, and a new node then
            // begins with another one.
            if let Err(error) = self.agree_on_key().await {
                tracing::warn!(%error, "the key of the other nodes is unknown");
            }
        }
    }

    /// A lease that is gone before its time was lost with others: how long storage
    /// has been reached counts from now on, before the lease is there again.
    async fn renew_lease(&self) -> Result<(), StoreError> {
        if !self.bus.renew_lease().await? {
            self.reached.note(false);
            self.bus.take_lease().await?;
        }
        Ok(())
    }

    /// Looks after the streams that wait for calls of other nodes.
    pub(super) async fn watch_runners(&self, lease: Duration) {
        let mut ticks = ticks(lease / 3);
        loop {
            ticks.tick().await;
            let mut waiting: HashMap<NodeId, Vec<Arc<StreamHandle>>> =
                HashMap::new();
            for reading in self.readers.all() {
                if let Some(runner) = &reading.runner {
                    waiting.entry(runner.node.clone()).or_default().push(reading);
                }
            }
            for (node, readings) in waiting {
                if self.is_dead(&node).await {
                    stream::iter(readings)
                        .for_each_concurrent(BURIALS, |reading| async move {
                            if let Some(runner) = &reading.runner {
                                let StreamHandle { session, stream, .. } =
                                    &*reading;
                                self.fail_orphaned(session, *stream, runner).await;
                            }
                        })
                        .await;
                }
            }
        }
    }

    /// Ends the stream of a call whose node is dead with an error: whoever listens
    /// to it would wait for ever. If the node was not dead, it has lost.
    async fn fail_orphaned(
        &self,
        session: &SessionId,
        stream: StreamId,
        runner: &Runner,
    ) {
        let answer = Error::NodeLost.to_message(Some(&runner.call));
        let finish =
            self.log.finish_call(session, stream, &runner.attempt, Some(&answer));
        match finish.await {
            Ok(true) => {
                let node = &runner.node;
                tracing::warn!(%session, %stream, %node, "its node is dead");
            }
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, %session, "not ended"),
        }
        // In any case: the end may be there although it was not confirmed.
        self.readers.wake(session, stream);
    }

    /// [`fail_orphaned`](Self::fail_orphaned), if the node is dead.
    pub(super) async fn fail_if_orphaned(
        &self,
        session: &SessionId,
        stream: StreamId,
        runner: &Runner,
    ) {
        if self.is_dead(&runner.node).await {
            self.fail_orphaned(session, stream, runner).await;
        }
    }

    /// No verdict before storage has been reached for one whole lease, and none by a
    /// storage that has lost the lease of this node too. It goes by answers of
    /// storage and not by the subscription, which may break again and again while
    /// leases are renewed.
    async fn is_dead(&self, node: &NodeId) -> bool {
        self.bus.is_alive(node).await.is_ok_and(|alive| !alive)
            && self.bus.is_alive(&self.node).await.unwrap_or_default()
            && self.reached.at_least_for(self.settings.lease)
    }
}
