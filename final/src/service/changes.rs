//! Tells subscribers that a resource has changed, wherever their stream is held.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{StreamExt, stream};
use tokio::{sync::Notify, time::sleep};

use crate::{
    bus::Bus,
    events::{EventLog, Readers, StreamKind},
    lock::lock,
    protocol::{jsonrpc::notification_message, resources::ResourceUpdated},
    sessions::SessionId,
};

/// How long changes that concern everybody are gathered before they are
/// announced: a busy deployment changes them many times a second.
const GATHER: Duration = Duration::from_secs(1);

/// How many streams are told of a change at once: calls are to come through, too.
const AT_ONCE: usize = 64;

/// Announces changes on the GET streams of their subscribers.
pub struct Changes {
    log: Arc<dyn EventLog>,
    bus: Arc<dyn Bus>,
    readers: Arc<Readers>,
    /// By resource: whether the other nodes have to be told.
    gathered: Mutex<HashMap<String, bool>>,
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
        if let Err(error) = self.log.send(session, uri, &message).await {
            tracing::warn!(%error, uri, "a change may not have been announced");
        }
        self.readers.tell_listener(session);
    }

    /// A resource of the whole deployment has changed. Announced within a
    /// second, once, however often it changes meanwhile.
    pub fn of_all(&self, uri: &str) {
        self.gather(uri.to_owned(), true);
    }

    /// Another node says that a resource of the whole deployment has changed.
    pub fn heard(&self, uri: String) {
        self.gather(uri, false);
    }

    fn gather(&self, uri: String, is_news: bool) {
        *lock(&self.gathered).entry(uri).or_default() |= is_news;
        self.wake.notify_one();
    }

    /// Announces what has been gathered, here and to the other nodes, until it is
    /// dropped.
    pub async fn run(&self) {
        loop {
            self.wake.notified().await;
            sleep(GATHER).await;
            let gathered = std::mem::take(&mut *lock(&self.gathered));
            for (uri, is_news) in gathered {
                if is_news && let Err(error) = self.bus.announce(&uri).await {
                    tracing::warn!(%error, uri, "a change was not announced");
                }
                self.to_listeners(&uri).await;
            }
        }
    }

    /// Announces a change to the subscribers whose GET stream is held here.
    async fn to_listeners(&self, uri: &str) {
        let mut listening = self.readers.all();
        listening.retain(|reading| reading.stream.kind == StreamKind::Listener);
        stream::iter(listening)
            .for_each_concurrent(AT_ONCE, |reading| async move {
                self.of_session(&reading.session, uri).await;
            })
            .await;
    }
}
