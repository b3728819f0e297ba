//! The background work of a node: it keeps busy sessions alive, removes idle ones,
//! renews its lease, and follows the messages of the other nodes.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior, interval, sleep};

use super::Engine;
use crate::bus::{BusMessage, Mailbox};
use crate::calls::LiveSession;
use crate::sessions::{SessionId, StoreError};

/// The longest pause between removals of expired sessions. They are invisible from
/// the moment they expire, so this only frees memory and corrects the gauges.
const LONGEST_SWEEP: Duration = Duration::from_secs(10);

/// The maximum number of waiting bus messages.
const MESSAGES: usize = 1024;

/// The maximum number of bus messages that are handled concurrently.
const CONCURRENT_MESSAGES: usize = 64;

/// Pause before a mailbox is pulled again that storage did not return.
const PULL_PAUSE: Duration = Duration::from_millis(500);

impl Engine {
    /// Runs until it is dropped.
    pub async fn upkeep(self: Arc<Self>) {
        let (sender, messages) = mpsc::channel(MESSAGES);
        tokio::join!(
            self.keep_busy_sessions(),
            self.sweep_idle_sessions(),
            self.keep_lease(),
            self.watch_runners(),
            self.streams.cut_off_stalled(),
            self.node.changes.run(),
            self.node.audit.run(),
            self.node.bus.subscribe(sender),
            self.follow(messages),
        );
    }

    /// Keeps sessions alive that have a running call, an open stream or a pending
    /// question: those are activity (D009). Also closes sessions that are gone
    /// (ended on another node, or lost with the store's data).
    async fn keep_busy_sessions(&self) {
        let mut ticks = ticks(self.node.session_timeout / 3);
        loop {
            ticks.tick().await;
            for session in self.busy_sessions() {
                match self.node.store.touch(&session).await {
                    Ok(true) => {}
                    Ok(false) => self.close(&session),
                    Err(error) => {
                        let session = session.hint();
                        tracing::warn!(%error, %session, "could not be kept");
                        // One unreadable session must not affect the others.
                        if error.is_outage() {
                            break;
                        }
                    }
                }
            }
        }
    }

    /// Returns the sessions with a running call or an open stream on this node.
    fn busy_sessions(&self) -> HashSet<SessionId> {
        let mut sessions = self.streams.open.sessions();
        sessions.extend(self.node.live.all().iter().map(|live| live.id));
        sessions
    }

    async fn sweep_idle_sessions(&self) {
        let period = (self.node.session_timeout / 2).min(LONGEST_SWEEP);
        let mut ticks = ticks(period);
        loop {
            ticks.tick().await;
            match self.node.store.sweep().await {
                Ok(expired) => self.node.metrics.sessions_expired.inc_by(expired),
                Err(error) => tracing::warn!(%error, "sweeping failed"),
            }
        }
    }

    /// Renews the lease of this node, and the key of all nodes: storage may have lost
    /// the key without notice, and a new node then begins with another one.
    async fn keep_lease(&self) {
        let mut ticks = ticks(self.streams.lease.period());
        loop {
            ticks.tick().await;
            self.streams.lease.renew().await;
            if let Err(error) = self.agree_on_key().await {
                tracing::warn!(%error, "the key of the other nodes is unknown");
            }
        }
    }

    async fn watch_runners(&self) {
        let mut ticks = ticks(self.streams.lease.period());
        loop {
            ticks.tick().await;
            self.streams.lease.fail_orphaned_calls().await;
        }
    }

    /// Handles the messages of the other nodes, many concurrently: one session whose
    /// mailbox cannot be pulled must not delay the others.
    async fn follow(self: &Arc<Self>, messages: mpsc::Receiver<BusMessage>) {
        let messages = stream::unfold(messages, async |mut messages| {
            Some((messages.recv().await?, messages))
        });
        messages
            .for_each_concurrent(CONCURRENT_MESSAGES, |message| {
                self.handle_bus_message(message)
            })
            .await;
    }

    async fn handle_bus_message(self: &Arc<Self>, message: BusMessage) {
        self.node.metrics.count_bus_message(&message);
        let open = &self.streams.open;
        match message {
            BusMessage::Read(session, stream) => open.wake(&session, stream),
            BusMessage::TakenOver(session, stream) => {
                open.recheck_owner(&session, stream);
            }
            BusMessage::PullMailbox(session) => self.pull_mailbox(session).await,
            BusMessage::Cancel(session, call) => {
                if let Some(live) = self.node.live.get(&session) {
                    live.cancel_call(&call);
                }
            }
            BusMessage::Changed(change) => {
                self.node.changes.handle_remote(change).await;
            }
            BusMessage::Reconnected => {
                self.node.changes.subscriptions.publish_everything();
                let pull = async |session| self.pull_mailbox(session).await;
                let sessions = stream::iter(self.busy_sessions());
                sessions.for_each_concurrent(CONCURRENT_MESSAGES, pull).await;
            }
        }
    }

    /// Pulls the messages of other nodes for this one, now or as soon as storage
    /// can be reached.
    pub(super) async fn pull_mailbox(self: &Arc<Self>, session: SessionId) {
        if !self.try_pull_mailbox(&session).await {
            let engine = self.clone();
            self.spawn(async move {
                loop {
                    sleep(PULL_PAUSE).await;
                    if engine.try_pull_mailbox(&session).await {
                        return;
                    }
                }
            });
        }
    }

    /// Returns `false` if storage could not be reached, and the session is busy here.
    async fn try_pull_mailbox(&self, session: &SessionId) -> bool {
        let live = self.node.live.get(session);
        if live.is_none() && !self.streams.open.reads(session) {
            return true;
        }
        // There may be more on its streams.
        self.streams.open.wake_all(session);
        match self.node.bus.pull_mailbox(session).await {
            Ok(None) => self.close(session),
            Ok(Some(mailbox)) => deliver(live, mailbox),
            Err(error) if error.is_outage() => return false,
            Err(error) => {
                let session = session.hint();
                tracing::warn!(%error, %session, "its mailbox cannot be pulled");
            }
        }
        true
    }

    /// Asks the clients of all streams to reconnect later, also those that come
    /// later: this node is shutting down. Calls continue.
    pub fn close_streams(&self) {
        self.node.changes.subscriptions.end();
        self.streams.send_all_away();
    }

    /// Ends the calls that still run with an error. This node then has nothing left
    /// to lose.
    pub async fn fail_remaining_calls(&self) {
        self.node.out_of_time.cancel();
        self.finish_background().await;
    }

    /// Ends the lease of this node, which no longer runs anything.
    pub async fn leave(&self) {
        self.streams.lease.end().await;
    }

    /// Takes over the key with which all nodes seal, unless it is configured.
    ///
    /// # Errors
    /// [`StoreError`] if storage does not answer.
    pub async fn agree_on_key(&self) -> Result<(), StoreError> {
        self.states.agree_on_key().await
    }
}

/// Delivers the messages of other nodes to the calls of a session.
fn deliver(live: Option<Arc<LiveSession>>, mailbox: Mailbox) {
    let Some(live) = live else { return };
    for (question, outcome) in mailbox.answers {
        live.deliver_answer(&question, outcome);
    }
    for (call, reason) in mailbox.cancelled {
        tracing::debug!(session = %live.id.hint(), reason, "cancelled elsewhere");
        live.cancel_call(&call);
    }
}

/// Ticks, and skips late ticks: the store may be slow because it is busy.
pub(super) fn ticks(every: Duration) -> Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
