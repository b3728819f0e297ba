//! What a node does beside its requests: it keeps busy sessions alive and
//! removes idle ones.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::time::{Interval, MissedTickBehavior, interval};

use super::Engine;
use crate::sessions::StoreError;

/// How often expired sessions are removed, at most; they are invisible from the
/// moment they expire, so this only frees memory and corrects the gauges.
const LONGEST_SWEEP: Duration = Duration::from_secs(10);

impl Engine {
    /// Runs until it is dropped.
    pub async fn upkeep(self: Arc<Self>, session_timeout: Duration) {
        tokio::join!(
            self.keep_busy_sessions(session_timeout / 3),
            self.sweep_idle_sessions((session_timeout / 2).min(LONGEST_SWEEP)),
            self.changes.run(),
        );
    }

    /// D009: a running call, an open stream and a pending question are activity.
    /// A session that is gone (ended on another node, or lost with the store's
    /// data) is closed here too.
    async fn keep_busy_sessions(&self, every: Duration) {
        let mut ticks = ticks(every);
        loop {
            ticks.tick().await;
            for session in self.live.all() {
                match self.store.touch(&session.id).await {
                    Ok(true) => {}
                    Ok(false) => session.close(),
                    Err(error) => {
                        let session = &session.id;
                        tracing::warn!(%error, %session, "could not be kept");
                        // One unreadable session is not to cost the others.
                        if error.is_outage() {
                            break;
                        }
                    }
                }
            }
        }
    }

    async fn sweep_idle_sessions(&self, every: Duration) {
        let mut ticks = ticks(every);
        loop {
            ticks.tick().await;
            match self.store.sweep().await {
                Ok(expired) => self.metrics.sessions_expired.inc_by(expired),
                Err(error) => tracing::warn!(%error, "sweeping failed"),
            }
        }
    }

    /// Asks every open GET stream to come back later, and those that are yet to
    /// be opened: this node is going down.
    pub fn dismiss_listeners(&self) {
        self.dismissing.store(true, Ordering::SeqCst);
        for session in self.live.all() {
            session.dismiss_listener();
        }
    }

    /// Figures for `/health` and `/metrics`.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer.
    pub async fn active_sessions(&self) -> Result<u64, StoreError> {
        Ok(self.store.totals().await?.active_sessions)
    }
}

/// Late ticks are not made up for: the store may be slow because it is busy.
fn ticks(every: Duration) -> Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
