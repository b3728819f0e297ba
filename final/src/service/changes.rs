//! Tells whoever wants to hear of it that something has changed, wherever their
//! stream is held.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::sleep;

use super::subscriptions::{ResourceChange, Subscription, Subscriptions};
use crate::bus::{Bus, RemoteChange};
use crate::events::{EventLog, OpenStreams, StreamKind};
use crate::lock::lock;
use crate::protocol::RawJson;
use crate::protocol::jsonrpc::notification_message;
use crate::protocol::resources::ResourceUpdated;
use crate::protocol::subscriptions::List;
use crate::sessions::SessionId;

/// How long changes that concern everybody are gathered before they are
/// announced: a busy deployment changes them many times a second.
const GATHER: Duration = Duration::from_secs(1);

/// How many streams are told of a change at once: calls are to come through, too.
const AT_ONCE: usize = 64;

/// Announces changes: to sessions on their GET streams, in the stateless era to
/// requests that listen.
pub struct ChangePublisher {
    log: Arc<dyn EventLog>,
    bus: Arc<dyn Bus>,
    readers: Arc<OpenStreams>,
    listeners: Arc<Subscriptions>,
    /// By resource: whether the other nodes have to be told.
    gathered: Mutex<HashMap<String, bool>>,
    wake: Notify,
}

impl ChangePublisher {
    /// Announces through `log`, whose streams `readers` are read here, and to nodes
    /// on `bus`. Each owner may have `max_listeners` requests that listen.
    pub fn new(
        log: Arc<dyn EventLog>,
        bus: Arc<dyn Bus>,
        readers: Arc<OpenStreams>,
        max_listeners: usize,
    ) -> Self {
        Self {
            log,
            bus,
            readers,
            listeners: Arc::new(Subscriptions::new(max_listeners)),
            gathered: Mutex::default(),
            wake: Notify::new(),
        }
    }

    /// Takes a place for a request that listens; `None` if its owner has as many as
    /// it may.
    pub fn listen(&self, owner: &Arc<str>) -> Option<Subscription> {
        self.listeners.enter(owner)
    }

    /// Ends all requests that listen, and those that come later.
    pub fn end_subscriptions(&self) {
        self.listeners.end();
    }

    /// A resource of one session or tape has changed, and somebody may have asked
    /// to hear of it.
    pub async fn of_session(&self, session: &SessionId, uri: &str) {
        if session.is_tape() {
            self.listeners.tell(&ResourceChange::Resource(uri.to_owned()));
            self.announce(&RemoteChange::Tape(uri.to_owned())).await;
        } else {
            let updated = ResourceUpdated { uri };
            let message =
                notification_message("notifications/resources/updated", &updated);
            self.say(session, Some(uri), &message).await;
        }
    }

    /// A resource of the whole deployment has changed. Announced within a second,
    /// on other nodes within two, once, however often it changes meanwhile.
    pub fn of_all(&self, uri: &str) {
        self.gather(uri.to_owned(), true);
    }

    /// A list of the service has changed.
    pub async fn of_list(&self, list: List) {
        self.list_changed(list).await;
        self.announce(&RemoteChange::List(list)).await;
    }

    /// Another node has announced something.
    pub async fn handle_remote(&self, news: RemoteChange) {
        match news {
            RemoteChange::Resource(uri) => self.gather(uri, false),
            RemoteChange::Tape(uri) => {
                self.listeners.tell(&ResourceChange::Resource(uri))
            }
            RemoteChange::List(list) => self.list_changed(list).await,
        }
    }

    /// Announcements of other nodes may have been lost. Sessions have theirs in
    /// the log; whoever listens is told to look at everything.
    pub fn assume_missed(&self) {
        self.listeners.publish_everything();
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
                if is_news {
                    self.announce(&RemoteChange::Resource(uri.clone())).await;
                }
                self.to_all(&uri).await;
                self.listeners.tell(&ResourceChange::Resource(uri));
            }
        }
    }

    async fn announce(&self, news: &RemoteChange) {
        if let Err(error) = self.bus.publish(news).await {
            tracing::warn!(%error, "a change was not announced to other nodes");
        }
    }

    /// Tells the subscribers whose GET stream is held here.
    async fn to_all(&self, uri: &str) {
        self.get_streams()
            .for_each_concurrent(AT_ONCE, |session| async move {
                self.of_session(&session, uri).await;
            })
            .await;
    }

    async fn list_changed(&self, list: List) {
        let message = &notification_message(list.changed(), &json!({}));
        self.get_streams()
            .for_each_concurrent(AT_ONCE, |session| async move {
                self.say(&session, None, message).await;
            })
            .await;
        self.listeners.tell(&ResourceChange::List(list));
    }

    /// The sessions whose GET stream is held here.
    fn get_streams(&self) -> impl Stream<Item = SessionId> + use<> {
        let mut listening = self.readers.all();
        listening.retain(|reading| reading.stream.kind == StreamKind::Get);
        stream::iter(listening).map(|reading| reading.session)
    }

    /// Sends a message on the session's GET stream, on whichever node, or on the next
    /// one, if the session subscribed to `uri`.
    async fn say(&self, session: &SessionId, uri: Option<&str>, message: &RawJson) {
        if let Err(error) = self.log.send_to_get_stream(session, uri, message).await
        {
            tracing::warn!(%error, uri, "a change may not have been announced");
        }
        self.readers.wake_get_stream(session);
    }
}
