//! Tells subscribers that a resource has changed.
//!
//! Later the bus enters here: a change is published, and every node tells the
//! streams that it holds.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;

use crate::{
    protocol::{
        RawJson, jsonrpc::notification_message, resources::ResourceUpdated,
    },
    sessions::{LiveSessions, SessionId},
};

/// How long changes that concern everybody are gathered before they are
/// announced: a busy deployment changes them many times a second.
const GATHER: Duration = Duration::from_secs(1);

/// Announces changes to the open streams of this node.
#[derive(Debug)]
pub struct Changes {
    live: Arc<LiveSessions>,
    gathered: Mutex<HashSet<&'static str>>,
    wake: Notify,
}

impl Changes {
    /// Announces to the streams of `live`.
    pub fn new(live: Arc<LiveSessions>) -> Self {
        Self { live, gathered: Mutex::default(), wake: Notify::new() }
    }

    /// A resource of one session has changed.
    pub fn of_session(&self, id: &SessionId, uri: &str) {
        if let Some(session) = self.live.get(id) {
            session.announce(uri, || updated(uri));
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

    /// Announces what has been gathered, until it is dropped.
    pub async fn run(&self) {
        loop {
            self.wake.notified().await;
            tokio::time::sleep(GATHER).await;
            let uris = std::mem::take(
                &mut *self.gathered.lock().unwrap_or_else(PoisonError::into_inner),
            );
            for session in self.live.all() {
                for uri in &uris {
                    session.announce(uri, || updated(uri));
                }
            }
        }
    }
}

fn updated(uri: &str) -> RawJson {
    notification_message(
        "notifications/resources/updated",
        &ResourceUpdated { uri },
    )
}
