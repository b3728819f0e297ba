//! The bus of a single node.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::{Bus, BusMessage, Mailbox, RemoteChange};
use crate::lock::lock;
use crate::protocol::jsonrpc::{ClientAnswer, RequestId};
use crate::sealing::Secret;
use crate::sessions::store::Result;
use crate::sessions::{Clock, NodeId, SessionId, Timestamp};

/// A [`Bus`] for a single node, which has no other nodes to exchange messages with.
#[derive(Debug)]
pub struct MemoryBus {
    clock: Clock,
    /// The names that are used, and the times until which that is remembered.
    used: Mutex<HashMap<String, Timestamp>>,
}

impl Default for MemoryBus {
    fn default() -> Self {
        Self { clock: Clock::start(), used: Mutex::default() }
    }
}

#[async_trait]
impl Bus for MemoryBus {
    async fn subscribe(&self, inbox: mpsc::Sender<BusMessage>) {
        inbox.closed().await;
    }

    async fn publish(&self, _: &RemoteChange) -> Result<()> {
        Ok(())
    }

    async fn register_question(
        &self,
        _: &SessionId,
        _: &RequestId,
        _: &RequestId,
    ) -> Result<bool> {
        Ok(true)
    }

    async fn withdraw_question(&self, _: &SessionId, _: &RequestId) -> Result<()> {
        Ok(())
    }

    async fn deliver_answer(
        &self,
        _: &SessionId,
        _: &RequestId,
        _: &ClientAnswer,
    ) -> Result<bool> {
        Ok(false)
    }

    async fn request_cancel(
        &self,
        _: &SessionId,
        _: &RequestId,
        _: &str,
    ) -> Result<bool> {
        Ok(false)
    }

    async fn pull_mailbox(&self, _: &SessionId) -> Result<Option<Mailbox>> {
        Ok(Some(Mailbox::default()))
    }

    async fn take_lease(&self) -> Result<()> {
        Ok(())
    }

    async fn renew_lease(&self) -> Result<bool> {
        Ok(true)
    }

    async fn end_lease(&self) -> Result<()> {
        Ok(())
    }

    async fn is_alive(&self, _: &NodeId) -> Result<bool> {
        Ok(true)
    }

    async fn use_once(&self, name: &str, lifetime: Duration) -> Result<bool> {
        let now = self.clock.now();
        let mut used = lock(&self.used);
        used.retain(|_, until| *until > now);
        if used.contains_key(name) {
            return Ok(false);
        }
        used.insert(name.to_owned(), now.plus(lifetime));
        Ok(true)
    }

    async fn time_for(&self, _: &str) -> Result<Timestamp> {
        Ok(self.clock.now())
    }

    async fn agree_on_secret(&self, proposal: Secret) -> Result<Secret> {
        Ok(proposal)
    }
}
