//! The bus of a node that has no others.

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

/// A [`Bus`] with a single stop. Whatever concerns this node it knows already, and
/// there is nobody else to tell.
#[derive(Debug)]
pub struct MemoryBus {
    clock: Clock,
    /// What was claimed, and until when that is remembered.
    claimed: Mutex<HashMap<String, Timestamp>>,
}

impl Default for MemoryBus {
    fn default() -> Self {
        Self { clock: Clock::start(), claimed: Mutex::default() }
    }
}

#[async_trait]
impl Bus for MemoryBus {
    async fn subscribe(&self, heard: mpsc::Sender<BusMessage>) {
        heard.closed().await;
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
        let mut claimed = lock(&self.claimed);
        claimed.retain(|_, until| *until > now);
        if claimed.contains_key(name) {
            return Ok(false);
        }
        claimed.insert(name.to_owned(), now.plus(lifetime));
        Ok(true)
    }

    async fn time_for(&self, _: &str) -> Result<Timestamp> {
        Ok(self.clock.now())
    }

    async fn agree_on_secret(&self, proposal: Secret) -> Result<Secret> {
        Ok(proposal)
    }
}
