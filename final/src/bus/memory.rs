//! The bus of a node that has no others.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use async_trait::async_trait;
use tokio::{sync::mpsc, time::Instant};

use super::{Bus, Hint, Left, News};
use crate::{
    lock::lock,
    protocol::jsonrpc::RequestId,
    sealing::Secret,
    sessions::{NodeId, SessionId, live::Outcome, store::Result},
};

/// A [`Bus`] with a single stop. Whatever concerns this node it knows already, and
/// there is nobody else to tell.
#[derive(Debug, Default)]
pub struct MemoryBus {
    /// What was claimed, and until when that is remembered.
    claimed: Mutex<HashMap<String, Instant>>,
}

#[async_trait]
impl Bus for MemoryBus {
    async fn listen(&self, heard: mpsc::Sender<Hint>) {
        heard.closed().await;
    }

    async fn announce(&self, _: &News) -> Result<()> {
        Ok(())
    }

    async fn expect(
        &self,
        _: &SessionId,
        _: &RequestId,
        _: &RequestId,
    ) -> Result<bool> {
        Ok(true)
    }

    async fn withdraw(&self, _: &SessionId, _: &RequestId) -> Result<()> {
        Ok(())
    }

    async fn answer(
        &self,
        _: &SessionId,
        _: &RequestId,
        _: &Outcome,
    ) -> Result<bool> {
        Ok(false)
    }

    async fn cancel(&self, _: &SessionId, _: &RequestId, _: &str) -> Result<bool> {
        Ok(false)
    }

    async fn look(&self, _: &SessionId) -> Result<Option<Left>> {
        Ok(Some(Left::default()))
    }

    async fn renew_lease(&self) -> Result<()> {
        Ok(())
    }

    async fn end_lease(&self) -> Result<()> {
        Ok(())
    }

    async fn is_alive(&self, _: &NodeId) -> Result<bool> {
        Ok(true)
    }

    async fn claim(&self, name: &str, lifetime: Duration) -> Result<bool> {
        let now = Instant::now();
        let mut claimed = lock(&self.claimed);
        claimed.retain(|_, until| *until > now);
        if claimed.contains_key(name) {
            return Ok(false);
        }
        claimed.insert(name.to_owned(), now + lifetime);
        Ok(true)
    }

    async fn agree(&self, proposal: Secret) -> Result<Secret> {
        Ok(proposal)
    }
}
