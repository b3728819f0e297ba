//! Which nodes are alive. A node that has not renewed its lease is dead, unless it
//! is storage that was away: then nobody could renew anything.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::Engine;
use crate::{
    error::Error,
    events::{Runner, StreamId},
    sessions::{NodeId, SessionId},
};

/// Since when storage has been reached without a break.
#[derive(Debug, Default)]
pub(super) struct Reached(Mutex<Option<Instant>>);

impl Reached {
    /// Storage was asked, and has answered or not.
    fn note(&self, reached: bool) {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *since = since.filter(|_| reached).or(reached.then(Instant::now));
    }

    fn at_least_for(&self, time: Duration) -> bool {
        let since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        since.is_some_and(|since| since.elapsed() >= time)
    }
}

impl Engine {
    /// Says that this node is alive, again and again, and looks after the streams
    /// that wait for nodes that are not.
    pub(super) async fn keep_lease(&self, lease: Duration) {
        let mut ticks = super::upkeep::ticks(lease / 3);
        loop {
            ticks.tick().await;
            let renewed = self.bus.renew_lease().await;
            if let Err(error) = &renewed {
                tracing::warn!(%error, "the lease of this node was not renewed");
            }
            self.reached.note(renewed.is_ok());
            for reading in self.readers.all() {
                if let Some(runner) = &reading.runner {
                    self.bury(&reading.session, reading.stream, runner).await;
                }
            }
        }
    }

    /// Ends the stream of a call whose node is dead with an error: whoever listens
    /// to it would wait for ever. Does nothing while the node is alive.
    pub(super) async fn bury(
        &self,
        session: &SessionId,
        stream: StreamId,
        runner: &Runner,
    ) {
        if !self.is_dead(&runner.node).await {
            return;
        }
        let answer = Error::NodeLost.to_message(Some(&runner.call));
        let finish = self.log.finish(session, stream, &runner.node, Some(&answer));
        match finish.await {
            Ok(true) => {
                let node = &runner.node;
                tracing::warn!(%session, %stream, %node, "its node is dead");
                self.readers.tell(session, stream);
            }
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, %session, "not ended"),
        }
    }

    /// No verdict before storage has been reached for one whole lease.
    async fn is_dead(&self, node: &NodeId) -> bool {
        self.reached.at_least_for(self.settings.lease)
            && self.bus.is_alive(node).await.is_ok_and(|alive| !alive)
    }
}
