//! The bus of a node that has no others.

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::{Bus, Hint, Left};
use crate::{
    protocol::jsonrpc::RequestId,
    sessions::{NodeId, SessionId, live::Outcome, store::Result},
};

/// A [`Bus`] with a single stop. Whatever concerns this node it knows already, and
/// there is nobody else to tell.
#[derive(Debug)]
pub struct MemoryBus;

#[async_trait]
impl Bus for MemoryBus {
    async fn listen(&self, heard: mpsc::Sender<Hint>) {
        heard.closed().await;
    }

    async fn announce(&self, _: &str) -> Result<()> {
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
}
