//! A bus that is measured and not waited for for ever.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::{Bus, Hint, Left, News};
use crate::{
    protocol::jsonrpc::RequestId,
    sealing::Secret,
    sessions::{
        NodeId, SessionId, Timestamp, live::Outcome, metered::Meter, store::Result,
    },
};

/// A [`Bus`] around another one.
pub struct MeteredBus {
    inner: Arc<dyn Bus>,
    meter: Meter,
}

impl MeteredBus {
    /// Wraps `inner`.
    pub fn new(inner: Arc<dyn Bus>, meter: Meter) -> Self {
        Self { inner, meter }
    }
}

#[async_trait]
impl Bus for MeteredBus {
    async fn listen(&self, heard: mpsc::Sender<Hint>) {
        self.inner.listen(heard).await;
    }

    async fn announce(&self, news: &News) -> Result<()> {
        self.meter.write("announce", self.inner.announce(news)).await
    }

    async fn expect(
        &self,
        session: &SessionId,
        question: &RequestId,
        call: &RequestId,
    ) -> Result<bool> {
        let expected = self.inner.expect(session, question, call);
        self.meter.write("expect", expected).await
    }

    async fn withdraw(
        &self,
        session: &SessionId,
        question: &RequestId,
    ) -> Result<()> {
        self.meter.write("withdraw", self.inner.withdraw(session, question)).await
    }

    async fn answer(
        &self,
        session: &SessionId,
        question: &RequestId,
        outcome: &Outcome,
    ) -> Result<bool> {
        let answered = self.inner.answer(session, question, outcome);
        self.meter.write("answer", answered).await
    }

    async fn cancel(
        &self,
        session: &SessionId,
        call: &RequestId,
        reason: &str,
    ) -> Result<bool> {
        self.meter.write("cancel", self.inner.cancel(session, call, reason)).await
    }

    async fn look(&self, session: &SessionId) -> Result<Option<Left>> {
        self.meter.read("look", self.inner.look(session)).await
    }

    async fn take_lease(&self) -> Result<()> {
        self.meter.write("take_lease", self.inner.take_lease()).await
    }

    async fn renew_lease(&self) -> Result<bool> {
        self.meter.write("renew_lease", self.inner.renew_lease()).await
    }

    async fn end_lease(&self) -> Result<()> {
        self.meter.write("end_lease", self.inner.end_lease()).await
    }

    async fn is_alive(&self, node: &NodeId) -> Result<bool> {
        self.meter.read("is_alive", self.inner.is_alive(node)).await
    }

    async fn claim(&self, name: &str, lifetime: Duration) -> Result<bool> {
        self.meter.write("claim", self.inner.claim(name, lifetime)).await
    }

    async fn time_for(&self, name: &str) -> Result<Timestamp> {
        self.meter.read("time_for", self.inner.time_for(name)).await
    }

    async fn agree(&self, proposal: Secret) -> Result<Secret> {
        self.meter.write("agree", self.inner.agree(proposal)).await
    }
}
