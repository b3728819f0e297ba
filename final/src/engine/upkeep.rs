//! What a node does beside its requests: it keeps busy sessions alive, removes
//! idle ones, and listens to the other nodes.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior, interval, sleep};

use super::{Engine, EngineSettings};
use crate::bus::BusMessage;
use crate::sessions::{SessionId, StoreError};

/// How often expired sessions are removed, at most; they are invisible from the
/// moment they expire, so this only frees memory and corrects the gauges.
const LONGEST_SWEEP: Duration = Duration::from_secs(10);

/// How many hints may wait.
const HINTS: usize = 1024;

/// How many sessions are looked at at once.
const LOOKS: usize = 64;

/// Pause before a look is repeated that storage did not answer.
const LOOK_PAUSE: Duration = Duration::from_millis(500);

impl Engine {
    /// Runs until it is dropped.
    pub async fn upkeep(self: Arc<Self>) {
        let EngineSettings { session_timeout, lease, stall, .. } = self.settings;
        let (heard, hints) = mpsc::channel(HINTS);
        tokio::join!(
            self.keep_busy_sessions(session_timeout / 3),
            self.sweep_idle_sessions((session_timeout / 2).min(LONGEST_SWEEP)),
            self.keep_lease(lease),
            self.watch_runners(lease),
            self.close_stalled_streams(stall),
            self.changes.run(),
            self.audit.run(),
            self.bus.subscribe(heard),
            self.follow(hints),
        );
    }

    /// D009: a running call, a stream that is read and a pending question are
    /// activity. A session that is gone (ended on another node, or lost with the
    /// store's data) is closed here too.
    async fn keep_busy_sessions(&self, every: Duration) {
        let mut ticks = ticks(every);
        loop {
            ticks.tick().await;
            for session in self.live.all() {
                match self.store.touch(&session.id).await {
                    Ok(true) => {}
                    Ok(false) => self.close(&session.id),
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

    async fn close_stalled_streams(&self, stall: Duration) {
        let mut ticks = ticks(stall / 4);
        loop {
            ticks.tick().await;
            for reading in self.readers.all() {
                reading.hang_up_if_stalled(stall);
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

    /// Follows what this node is told, many at once: one session that cannot be
    /// looked at is not to delay the others.
    async fn follow(self: &Arc<Self>, hints: mpsc::Receiver<BusMessage>) {
        let hints = stream::unfold(hints, async |mut hints| {
            Some((hints.recv().await?, hints))
        });
        hints
            .for_each_concurrent(LOOKS, |hint| self.handle_bus_message(hint))
            .await;
    }

    async fn handle_bus_message(self: &Arc<Self>, hint: BusMessage) {
        self.metrics.count_bus_message(&hint);
        match hint {
            BusMessage::Read(session, stream) => {
                self.readers.wake(&session, stream)
            }
            BusMessage::TakenOver(session, stream) => {
                self.readers.recheck_owner(&session, stream);
            }
            BusMessage::Look(session) => self.pull_mailbox(session).await,
            BusMessage::Cancel(session, call) => {
                if let Some(live) = self.live.get(&session) {
                    live.cancel_call(&call);
                }
            }
            BusMessage::Changed(news) => self.changes.handle_remote(news).await,
            BusMessage::Reconnected => {
                self.changes.assume_missed();
                let live = self.live.all();
                let looks = stream::iter(live.iter().map(|live| live.id));
                let look = async |session| self.pull_mailbox(session).await;
                looks.for_each_concurrent(LOOKS, look).await;
            }
        }
    }

    /// Takes what other nodes have left for this one, now or as soon as storage can
    /// be reached.
    pub(super) async fn pull_mailbox(self: &Arc<Self>, session: SessionId) {
        if !self.try_pull_mailbox(&session).await {
            let engine = self.clone();
            self.background.spawn(async move {
                loop {
                    sleep(LOOK_PAUSE).await;
                    if engine.try_pull_mailbox(&session).await {
                        return;
                    }
                }
            });
        }
    }

    /// `false` if storage could not be reached, and something is live.
    async fn try_pull_mailbox(&self, session: &SessionId) -> bool {
        let Some(live) = self.live.get(session) else { return true };
        // What was said on its streams may be read, or not yet.
        self.readers.wake_all(session);
        match self.bus.pull_mailbox(session).await {
            Ok(None) => self.close(session),
            Ok(Some(left)) => {
                for (question, outcome) in left.answers {
                    live.deliver_answer(&question, outcome);
                }
                for (call, reason) in left.cancelled {
                    tracing::debug!(%session, reason, "cancelled elsewhere");
                    live.cancel_call(&call);
                }
            }
            Err(error) if error.is_outage() => return false,
            Err(error) => tracing::warn!(%error, %session, "cannot be seen"),
        }
        true
    }

    /// What is still running ends now, with an error for whoever waits for it.
    /// Then this node has nothing left to lose.
    pub async fn fail_remaining_calls(&self) {
        self.out_of_time.cancel();
        self.finish_background().await;
    }

    /// Says that this node runs nothing any more.
    pub async fn leave(&self) {
        if let Err(error) = self.bus.end_lease().await {
            tracing::debug!(%error, "the lease of this node will run out");
        }
    }

    /// Takes over the key with which all nodes seal, unless it is configured. Redis
    /// may have lost it: then one of the nodes gives it back.
    ///
    /// # Errors
    /// [`StoreError`] if the others cannot be asked.
    pub async fn agree_on_key(&self) -> Result<(), StoreError> {
        if let Some(proposal) = self.keys.proposal() {
            self.keys.learn(self.bus.agree_on_secret(proposal).await?);
        }
        Ok(())
    }
}

/// Late ticks are not made up for: the store may be slow because it is busy.
pub(super) fn ticks(every: Duration) -> Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
