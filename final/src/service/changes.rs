//! Publishes changes of resources and lists to their subscribers, on whichever node
//! their streams are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::sleep;

use super::subscriptions::{ResourceChange, Subscriptions};
use crate::bus::{Bus, RemoteChange};
use crate::events::{EventLog, OpenStreams, StreamKind};
use crate::lock::lock;
use crate::protocol::RawJson;
use crate::protocol::jsonrpc::notification_message;
use crate::protocol::resources::ResourceUpdated;
use crate::protocol::subscriptions::List;
use crate::sessions::SessionId;

/// How long changes that concern all sessions are gathered before they are
/// published: a busy deployment makes many in a second.
const GATHER: Duration = Duration::from_secs(1);

/// The maximum number of concurrent sends of a change, so that calls also get
/// through.
const CONCURRENT_SENDS: usize = 64;

/// Publishes changes: to sessions on their GET streams, in the stateless era to
/// subscriptions.
pub struct ChangePublisher {
    log: Arc<dyn EventLog>,
    bus: Arc<dyn Bus>,
    readers: Arc<OpenStreams>,
    /// The open `subscriptions/listen` of this node.
    pub subscriptions: Arc<Subscriptions>,
    /// By resource: whether the change must be published to the other nodes.
    gathered: Mutex<HashMap<String, bool>>,
    wake: Notify,
}

impl ChangePublisher {
    /// Publishes through `log`, whose streams `readers` are read here, and to nodes
    /// on `bus`. Each owner may have `max_subscriptions` subscriptions.
    pub fn new(
        log: Arc<dyn EventLog>,
        bus: Arc<dyn Bus>,
        readers: Arc<OpenStreams>,
        max_subscriptions: usize,
    ) -> Self {
        Self {
            log,
            bus,
            readers,
            subscriptions: Arc::new(Subscriptions::new(max_subscriptions)),
            gathered: Mutex::default(),
            wake: Notify::new(),
        }
    }

    /// Publishes that a resource of one session or tape has changed.
    pub async fn of_session(&self, session: &SessionId, uri: &str) {
        if session.is_tape() {
            self.subscriptions.publish(&ResourceChange::Resource(uri.to_owned()));
            self.announce(&RemoteChange::Tape(uri.to_owned())).await;
        } else {
            let updated = ResourceUpdated { uri };
            let message =
                notification_message("notifications/resources/updated", &updated);
            self.send(session, Some(uri), &message).await;
        }
    }

    /// Publishes that a resource of the whole deployment has changed: within a
    /// second here, within two on other nodes, and once, however often it changes
    /// meanwhile.
    pub fn of_all(&self, uri: &str) {
        self.gather(uri.to_owned(), true);
    }

    /// Publishes that a list of the service has changed.
    pub async fn of_list(&self, list: List) {
        self.list_changed(list).await;
        self.announce(&RemoteChange::List(list)).await;
    }

    /// Handles a change that another node has published.
    pub async fn handle_remote(&self, change: RemoteChange) {
        match change {
            RemoteChange::Resource(uri) => self.gather(uri, false),
            RemoteChange::Tape(uri) => {
                self.subscriptions.publish(&ResourceChange::Resource(uri))
            }
            RemoteChange::List(list) => self.list_changed(list).await,
        }
    }

    fn gather(&self, uri: String, is_local: bool) {
        *lock(&self.gathered).entry(uri).or_default() |= is_local;
        self.wake.notify_one();
    }

    /// Publishes the gathered changes, here and to the other nodes, until it is
    /// dropped.
    pub async fn run(&self) {
        loop {
            self.wake.notified().await;
            sleep(GATHER).await;
            let gathered = std::mem::take(&mut *lock(&self.gathered));
            for (uri, is_local) in gathered {
                if is_local {
                    self.announce(&RemoteChange::Resource(uri.clone())).await;
                }
                self.to_all(&uri).await;
                self.subscriptions.publish(&ResourceChange::Resource(uri));
            }
        }
    }

    async fn announce(&self, change: &RemoteChange) {
        if let Err(error) = self.bus.publish(change).await {
            tracing::warn!(%error, "a change was not announced to other nodes");
        }
    }

    /// Publishes to the sessions whose GET stream is read here.
    async fn to_all(&self, uri: &str) {
        self.get_streams()
            .for_each_concurrent(CONCURRENT_SENDS, |session| async move {
                self.of_session(&session, uri).await;
            })
            .await;
    }

    async fn list_changed(&self, list: List) {
        let message = &notification_message(list.changed(), &json!({}));
        self.get_streams()
            .for_each_concurrent(CONCURRENT_SENDS, |session| async move {
                self.send(&session, None, message).await;
            })
            .await;
        self.subscriptions.publish(&ResourceChange::List(list));
    }

    /// Returns the sessions whose GET stream is read here.
    fn get_streams(&self) -> impl Stream<Item = SessionId> + use<> {
        let mut streams = self.readers.all();
        streams.retain(|stream| stream.stream.kind == StreamKind::Get);
        stream::iter(streams).map(|stream| stream.session)
    }

    /// Sends a message on the session's GET stream, on whichever node it is, or on
    /// the next one. If `uri` is given, sends only if the session has subscribed to
    /// it.
    async fn send(
        &self,
        session: &SessionId,
        uri: Option<&str>,
        message: &RawJson,
    ) {
        if let Err(error) = self.log.send_to_get_stream(session, uri, message).await
        {
            tracing::warn!(%error, uri, "a change may not have been announced");
        }
        self.readers.wake_get_stream(session);
    }
}
