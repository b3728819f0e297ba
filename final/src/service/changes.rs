//! Tells subscribers that a resource has changed, wherever their stream is held.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use tokio::{sync::Notify, time::sleep};

use crate::{
    bus::Bus,
    events::{EventLog, Readers, StreamKind},
    protocol::{jsonrpc::notification_message, resources::ResourceUpdated},
    sessions::SessionId,
};

/// How long changes that concern everybody are gathered before they are
/// announced: a busy deployment changes them many times a second.
const GATHER: Duration = Duration::from_secs(1);

/// Announces changes on the GET streams of their subscribers.
pub struct Changes {
    log: Arc<dyn EventLog>,
    bus: Arc<dyn Bus>,
    readers: Arc<Readers>,
    gathered: Mutex<HashSet<&'static str>>,
    wake: Notify,
}

impl Changes {
    /// Announces through `log`, to nodes on `bus`.
    pub fn new(
        log: Arc<dyn EventLog>,
        bus: Arc<dyn Bus>,
        readers: Arc<Readers>,
    ) -> Self {
        let (gathered, wake) = Default::default();
        Self { log, bus, readers, gathered, wake }
    }

    /// A resource of one session has changed. If it is subscribed to, that is
    /// said on its GET stream, on whichever node, or on the next one.
    pub async fn of_session(&self, session: &SessionId, uri: &str) {
        let message = notification_message(
            "notifications/resources/updated",
            &ResourceUpdated { uri },
        );
        match self.log.send(session, uri, &message).await {
            Ok(true) => self.readers.tell_listener(session),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, uri, "a change was not announced"),
        }
    }

    /// A resource of the whole deployment has changed. Announced within a
    /// second, once, however often it changes meanwhile.
    pub fn of_all(&self, uri: &'static str) {
        let mut gathered =
            self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        if gathered.insert(uri) {
            self.wake.notify_one();
        }
    }

    /// Announces what has been gathered, here and to the other nodes, until it is
    /// dropped.
    pub async fn run(&self) {
        loop {
            self.wake.notified().await;
            sleep(GATHER).await;
            let uris = std::mem::take(
                &mut *self.gathered.lock().unwrap_or_else(PoisonError::into_inner),
            );
            for uri in uris {
                self.to_listeners(uri).await;
                if let Err(error) = self.bus.announce(uri).await {
                    tracing::warn!(%error, uri, "a change was not announced");
                }
            }
        }
    }

    /// Announces a change to the subscribers whose GET stream is held here.
    pub async fn to_listeners(&self, uri: &str) {
        let mut listening = self.readers.all();
        listening.retain(|reading| reading.stream.kind == StreamKind::Listener);
        let told = listening.iter().map(|r| self.of_session(&r.session, uri));
        join_all(told).await;
    }
}
