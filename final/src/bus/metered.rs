//! A bus that is measured and not waited for for ever.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::{Bus, BusMessage, Mailbox, RemoteChange};
use crate::protocol::jsonrpc::RequestId;
use crate::sealing::Secret;
use crate::sessions::live::ClientAnswer;
use crate::sessions::metered::Meter;
use crate::sessions::store::Result;
use crate::sessions::{NodeId, SessionId, Timestamp};

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
    async fn subscribe(&self, heard: mpsc::Sender<BusMessage>) {
        self.inner.subscribe(heard).await;
    }

    async fn publish(&self, news: &RemoteChange) -> Result<()> {
        self.meter.write("announce", self.inner.publish(news)).await
    }

    async fn register_question(
        &self,
        session: &SessionId,
        question: &RequestId,
        call: &RequestId,
    ) -> Result<bool> {
        let expected = self.inner.register_question(session, question, call);
        self.meter.write("expect", expected).await
    }

    async fn withdraw_question(
        &self,
        session: &SessionId,
        question: &RequestId,
    ) -> Result<()> {
        self.meter
            .write("withdraw", self.inner.withdraw_question(session, question))
            .await
    }

    async fn deliver_answer(
        &self,
        session: &SessionId,
        question: &RequestId,
        outcome: &ClientAnswer,
    ) -> Result<bool> {
        let answered = self.inner.deliver_answer(session, question, outcome);
        self.meter.write("answer", answered).await
    }

    async fn request_cancel(
        &self,
        session: &SessionId,
        call: &RequestId,
        reason: &str,
    ) -> Result<bool> {
        self.meter
            .write("cancel", self.inner.request_cancel(session, call, reason))
            .await
    }

    async fn pull_mailbox(&self, session: &SessionId) -> Result<Option<Mailbox>> {
        self.meter.read("look", self.inner.pull_mailbox(session)).await
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

    async fn use_once(&self, name: &str, lifetime: Duration) -> Result<bool> {
        self.meter.write("claim", self.inner.use_once(name, lifetime)).await
    }

    async fn time_for(&self, name: &str) -> Result<Timestamp> {
        self.meter.read("time_for", self.inner.time_for(name)).await
    }

    async fn agree_on_secret(&self, proposal: Secret) -> Result<Secret> {
        self.meter.write("agree", self.inner.agree_on_secret(proposal)).await
    }
}
