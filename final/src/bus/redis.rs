//! The bus over Redis: data under the keys of a session, and a channel for each
//! node, on which other nodes publish hints to that data.

mod messages;
mod scripts;

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;
use redis::{Cmd, FromRedisValue, Msg, RedisResult, ToRedisArgs, cmd};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use self::messages::{format_change, parse_addressed, parse_broadcast};
use self::scripts::{
    BusOperation, BusScripts, DeliverAnswer, RegisterQuestion, RequestCancel,
    WithdrawQuestion, broadcast_channel, node_channels, publish_part,
};
pub(crate) use self::scripts::{log_parts, session_parts};
use super::{Bus, BusMessage, Mailbox, RemoteChange};
use crate::events::redis::CALLS;
use crate::protocol::jsonrpc::{ClientAnswer, RequestId};
use crate::protocol::to_raw;
use crate::redis::{ANSWER_DEADLINE, Connection, NO_ARGUMENTS, Script, Servers};
use crate::sealing::Secret;
use crate::sessions::clock::millis;
use crate::sessions::store::Result;
use crate::sessions::{NodeId, RedisStore, SessionId, StoreError, Timestamp};

/// The pause before this node subscribes to the channels again.
const PAUSE: Duration = Duration::from_millis(250);

/// The interval of pings on the subscribed connection, which does not notice that
/// it is broken while nothing is sent on it.
const PING: Duration = Duration::from_secs(2);

/// A [`Bus`] for any number of nodes.
pub struct RedisBus {
    store: Arc<RedisStore>,
    connection: Connection<BusOperation>,
    scripts: BusScripts,
    /// The servers, to which the subscription has a connection of its own.
    servers: Servers,
    /// The time for which a lease is valid.
    lease: Duration,
}

impl RedisBus {
    /// Makes the bus of the nodes that share `store`, which is on `servers`.
    pub fn new(store: Arc<RedisStore>, servers: Servers, lease: Duration) -> Self {
        let publish = [publish_part(&store.keys)];
        let common = [&*store.script_begin, &CALLS, &publish].concat();
        let scripts = BusScripts::behind(&common);
        let connection = store.connection.with_operations();
        Self { store, connection, scripts, servers, lease }
    }

    /// Returns the key that exists while a node is alive.
    fn lease_key(&self, node: &NodeId) -> String {
        self.store.keys.shared(format_args!("lease:{node}"))
    }

    /// Returns the key that exists while it is remembered that this name is used.
    fn used_key(&self, name: &str) -> String {
        self.store.keys.shared(format_args!("claim:{name}"))
    }

    async fn run<T: FromRedisValue>(
        &self,
        operation: BusOperation,
        script: &Script,
        session: &SessionId,
        arguments: impl ToRedisArgs,
    ) -> Result<Option<T>> {
        let connection = &self.connection;
        self.store
            .run_on_session(connection, operation, script, session, arguments)
            .await
    }

    /// Receives messages until the connection breaks, or until the connection for
    /// commands leads to another server, because no node publishes on the old one
    /// then.
    async fn receive(&self, inbox: &mpsc::Sender<BusMessage>) -> RedisResult<()> {
        let (keys, node) = (&self.store.keys, self.store.node());
        let own = format!("{}{node}", node_channels(keys));
        let broadcast = broadcast_channel(keys);
        let mut moved = pin!(self.connection.replaced());
        let subscriber = self.servers.subscribe(&[&own, &broadcast]).await?;
        let (mut sink, mut messages) = subscriber.split();
        // An error means that the receiver was dropped.
        let _ = inbox.send(BusMessage::Reconnected).await;
        let mut pings = interval(PING);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = messages.next() => {
                    let broken = io::Error::from(io::ErrorKind::BrokenPipe);
                    if let Some(message) = self.parse(&message.ok_or(broken)?) {
                        let _ = inbox.send(message).await;
                    }
                }
                () = &mut moved => return Ok(()),
                _ = pings.tick() => {
                    let pong = timeout(ANSWER_DEADLINE, sink.ping::<redis::Value>());
                    pong.await.map_err(io::Error::from)??;
                }
            }
        }
    }

    fn parse(&self, message: &Msg) -> Option<BusMessage> {
        let payload: String = message.get_payload().ok()?;
        if message.get_channel_name() == broadcast_channel(&self.store.keys) {
            parse_broadcast(self.store.node(), &payload)
        } else {
            parse_addressed(&payload)
        }
    }
}

#[async_trait]
impl Bus for RedisBus {
    async fn subscribe(&self, inbox: mpsc::Sender<BusMessage>) {
        while !inbox.is_closed() {
            if let Err(error) = self.receive(&inbox).await {
                tracing::warn!(%error, "no messages of other nodes are received");
            }
            sleep(PAUSE).await;
        }
    }

    async fn publish(&self, change: &RemoteChange) -> Result<()> {
        let payload = format_change(self.store.node(), change);
        let publish = Cmd::publish(broadcast_channel(&self.store.keys), payload);
        Ok(self.connection.query(BusOperation::Publish, &publish).await?)
    }

    async fn register_question(
        &self,
        session: &SessionId,
        question: &RequestId,
        call: &RequestId,
    ) -> Result<bool> {
        let (question, call) = (to_raw(question), to_raw(call));
        let arguments =
            RegisterQuestion { question: question.get(), call: call.get() };
        let register = BusOperation::RegisterQuestion;
        let script = &self.scripts.register_question;
        let expected: Option<u64> =
            self.run(register, script, session, arguments).await?;
        Ok(expected.is_some())
    }

    async fn withdraw_question(
        &self,
        session: &SessionId,
        question: &RequestId,
    ) -> Result<()> {
        let question = to_raw(question);
        let arguments = WithdrawQuestion { question: question.get() };
        let withdraw = BusOperation::WithdrawQuestion;
        let script = &self.scripts.withdraw_question;
        self.run::<u64>(withdraw, script, session, arguments).await?;
        Ok(())
    }

    async fn deliver_answer(
        &self,
        session: &SessionId,
        question: &RequestId,
        outcome: &ClientAnswer,
    ) -> Result<bool> {
        let (question, outcome) = (to_raw(question), to_raw(outcome));
        let arguments =
            DeliverAnswer { question: question.get(), answer: outcome.get() };
        let deliver = BusOperation::DeliverAnswer;
        let script = &self.scripts.deliver_answer;
        Ok(self.run(deliver, script, session, arguments).await? == Some(1))
    }

    async fn request_cancel(
        &self,
        session: &SessionId,
        call: &RequestId,
        reason: &str,
    ) -> Result<bool> {
        let call = to_raw(call);
        let arguments = RequestCancel { call: call.get(), reason };
        let cancel = BusOperation::RequestCancel;
        let script = &self.scripts.request_cancel;
        Ok(self.run(cancel, script, session, arguments).await? == Some(1))
    }

    async fn pull_mailbox(&self, session: &SessionId) -> Result<Option<Mailbox>> {
        type Pairs = Vec<(String, String)>;
        let (pull, script) =
            (BusOperation::PullMailbox, &self.scripts.pull_mailbox);
        let left: Option<(Pairs, Pairs)> =
            self.run(pull, script, session, NO_ARGUMENTS).await?;
        let Some((answers, cancelled)) = left else { return Ok(None) };
        let answers = answers
            .iter()
            .map(|(question, outcome)| Ok((parse(question)?, parse(outcome)?)));
        let cancelled =
            cancelled.into_iter().map(|(call, reason)| Ok((parse(&call)?, reason)));
        Ok(Some(Mailbox {
            answers: answers.collect::<Result<_>>()?,
            cancelled: cancelled.collect::<Result<_>>()?,
        }))
    }

    async fn take_lease(&self) -> Result<()> {
        let mut take = cmd("SET");
        let key = self.lease_key(self.store.node());
        take.arg(key).arg("1").arg("PX").arg(millis(self.lease));
        Ok(self.connection.query(BusOperation::TakeLease, &take).await?)
    }

    async fn renew_lease(&self) -> Result<bool> {
        let mut renew = cmd("PEXPIRE");
        let key = self.lease_key(self.store.node());
        renew.arg(key).arg(millis(self.lease));
        Ok(self.connection.query(BusOperation::RenewLease, &renew).await?)
    }

    async fn end_lease(&self) -> Result<()> {
        let end = Cmd::del(self.lease_key(self.store.node()));
        Ok(self.connection.query(BusOperation::EndLease, &end).await?)
    }

    async fn is_alive(&self, node: &NodeId) -> Result<bool> {
        let exists = Cmd::exists(self.lease_key(node));
        Ok(self.connection.query(BusOperation::IsAlive, &exists).await?)
    }

    async fn use_once(&self, name: &str, lifetime: Duration) -> Result<bool> {
        let mut take = cmd("SET");
        take.arg(self.used_key(name)).arg(self.store.node().as_str());
        take.arg("NX").arg("PX").arg(millis(lifetime));
        Ok(self.connection.query(BusOperation::UseOnce, &take).await?)
    }

    async fn time_for(&self, name: &str) -> Result<Timestamp> {
        // In a cluster, the key selects the server that remembers the name.
        let (time, key) = (BusOperation::TimeFor, self.used_key(name));
        Ok(Timestamp(self.connection.read_time(time, &key).await?))
    }

    async fn agree_on_secret(&self, proposal: Secret) -> Result<Secret> {
        let (agree, key) =
            (BusOperation::AgreeOnSecret, self.store.keys.shared("secret"));
        let propose = Cmd::set_nx(&key, STANDARD.encode(proposal));
        self.connection.query::<bool>(agree, &propose).await?;
        let agreed: Option<String> =
            self.connection.query(agree, &Cmd::get(&key)).await?;
        // The key may be gone again, because the server is being emptied.
        let agreed = agreed.ok_or(StoreError::Unavailable(None))?;
        let agreed = STANDARD.decode(agreed).ok();
        agreed
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(StoreError::Damaged("the shared secret"))
    }
}

fn parse<T: serde::de::DeserializeOwned>(json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|_| StoreError::Damaged("a mailbox message"))
}
