//! The bus over Redis: notes under the keys of the session, and a channel for
//! each node that says where to look.

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

use super::{Bus, BusMessage, Mailbox, RemoteChange};
use crate::events::StreamId;
use crate::events::redis::CALLS;
use crate::protocol::jsonrpc::{ClientAnswer, RequestId};
use crate::protocol::subscriptions::List;
use crate::protocol::to_raw;
use crate::redis::{
    ANSWER_DEADLINE, Connection, FIELDS, Keys, NO_ARGUMENTS, Part, Script, Servers,
    lua_text, operations, scripts,
};
use crate::sealing::Secret;
use crate::sessions::clock::millis;
use crate::sessions::store::Result;
use crate::sessions::{NodeId, RedisStore, SessionId, StoreError, Timestamp};

/// Pause before the channels are subscribed to again.
const PAUSE: Duration = Duration::from_millis(250);

/// How often the subscription is tried: a connection on which nothing is sent
/// does not notice that it is broken.
const PING: Duration = Duration::from_secs(2);

scripts! {
    /// The scripts of the bus.
    struct BusScripts {
        register_question: RegisterQuestion(question, call),
        withdraw_question: WithdrawQuestion(question),
        deliver_answer: DeliverAnswer(question, answer),
        request_cancel: RequestCancel(call, reason),
        pull_mailbox,
    }
}

operations! {
    /// What the bus asks Redis for.
    enum BusOperation {
        Publish: Write = "announce",
        RegisterQuestion: Write = "expect",
        WithdrawQuestion: Write = "withdraw",
        DeliverAnswer: Write = "answer",
        RequestCancel: Write = "cancel",
        PullMailbox: Read = "look",
        TakeLease: Write = "take_lease",
        RenewLease: Write = "renew_lease",
        EndLease: Write = "end_lease",
        IsAlive: Read = "is_alive",
        UseOnce: Write = "claim",
        TimeFor: Read = "time_for",
        AgreeOnSecret: Write = "agree",
    }
}

/// Lets a script publish.
fn publish_part(keys: &Keys) -> Part {
    let constants = vec![
        ("node_channels", lua_text(&node_channels(keys))),
        ("broadcast_channel", lua_text(&broadcast_channel(keys))),
    ];
    Part { constants, ..Part::new(include_str!("lua/publish.lua")) }
}

/// What runs when a session ends, behind the part of the event log.
pub(crate) fn session_parts(keys: &Keys) -> [Part; 2] {
    [publish_part(keys), Part::new(include_str!("lua/at_end.lua"))]
}

/// What the event log needs of other nodes.
pub(crate) fn log_parts(keys: &Keys) -> [Part; 2] {
    [publish_part(keys), Part::new(include_str!("lua/log.lua"))]
}

/// How the name of every node's own channel begins; the node's name follows.
fn node_channels(keys: &Keys) -> String {
    keys.shared("node:")
}

/// The channel that all nodes subscribe to.
fn broadcast_channel(keys: &Keys) -> String {
    keys.shared("nodes")
}

/// A [`Bus`] for any number of nodes.
pub struct RedisBus {
    store: Arc<RedisStore>,
    connection: Connection<BusOperation>,
    scripts: BusScripts,
    /// Where to subscribe: a connection of its own.
    servers: Servers,
    /// For how long a node is alive that says so.
    lease: Duration,
}

impl RedisBus {
    /// The bus of the nodes that share `store`, which is on `servers`.
    pub fn new(store: Arc<RedisStore>, servers: Servers, lease: Duration) -> Self {
        let own = [FIELDS, CALLS, publish_part(&store.keys)];
        let scripts = BusScripts::behind(&[&*store.script_begin, &own].concat());
        let connection = store.connection.with_operations();
        Self { store, connection, scripts, servers, lease }
    }

    /// The key that is there while a node is alive.
    fn lease_key(&self, node: &NodeId) -> String {
        self.store.keys.shared(format_args!("lease:{node}"))
    }

    /// The key that is there while this name is used up.
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
        self.store.run(connection, operation, script, session, arguments).await
    }

    /// Listens until the connection breaks, or that of the commands leads
    /// elsewhere: on an old server nobody publishes any more.
    async fn hear(&self, heard: &mpsc::Sender<BusMessage>) -> RedisResult<()> {
        let (keys, node) = (&self.store.keys, self.store.node());
        let own = format!("{}{node}", node_channels(keys));
        let everybody = broadcast_channel(keys);
        let mut moved = pin!(self.connection.replaced());
        let subscriber = self.servers.subscribe(&[&own, &everybody]).await?;
        let (mut sink, mut messages) = subscriber.split();
        // An error means that nobody wants to know any more.
        let _ = heard.send(BusMessage::Reconnected).await;
        let mut pings = interval(PING);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = messages.next() => {
                    let broken = io::Error::from(io::ErrorKind::BrokenPipe);
                    let message = message.ok_or(broken)?;
                    if let Some(hint) = self.read(&message, &everybody) {
                        let _ = heard.send(hint).await;
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

    /// `<session> look`, `<session> read <stream>` and the like on the channel of
    /// this node; on that of all nodes a sender stands in front.
    fn read(&self, message: &Msg, everybody: &str) -> Option<BusMessage> {
        let payload: String = message.get_payload().ok()?;
        if message.get_channel_name() != everybody {
            return read_note(&payload);
        }
        let (sender, news) = payload.split_once(' ')?;
        if sender == self.store.node().as_str() {
            return None;
        }
        match news.split_once(' ')? {
            ("changed", uri) => {
                Some(BusMessage::Changed(RemoteChange::Resource(uri.to_owned())))
            }
            ("tape", uri) => {
                Some(BusMessage::Changed(RemoteChange::Tape(uri.to_owned())))
            }
            ("list", name) => Some(BusMessage::Changed(RemoteChange::List(
                List::from_name(name)?,
            ))),
            ("cancel", call) => {
                let (session, call) = call.split_once(' ')?;
                let call = serde_json::from_str(call).ok()?;
                Some(BusMessage::Cancel(SessionId::parse(session)?, call))
            }
            _ => None,
        }
    }
}

fn read_note(payload: &str) -> Option<BusMessage> {
    let (session, what) = payload.split_once(' ')?;
    let session = SessionId::parse(session)?;
    let Some((what, stream)) = what.split_once(' ') else {
        return (what == "look").then_some(BusMessage::Look(session));
    };
    let stream = StreamId::parse(stream)?;
    match what {
        "read" => Some(BusMessage::Read(session, stream)),
        "claimed" => Some(BusMessage::TakenOver(session, stream)),
        _ => None,
    }
}

#[async_trait]
impl Bus for RedisBus {
    async fn subscribe(&self, heard: mpsc::Sender<BusMessage>) {
        while !heard.is_closed() {
            if let Err(error) = self.hear(&heard).await {
                tracing::warn!(%error, "other nodes are not heard");
            }
            sleep(PAUSE).await;
        }
    }

    async fn publish(&self, news: &RemoteChange) -> Result<()> {
        let (kind, what) = match news {
            RemoteChange::Resource(uri) => ("changed", &**uri),
            RemoteChange::Tape(uri) => ("tape", &**uri),
            RemoteChange::List(list) => ("list", list.as_str()),
        };
        let payload = format!("{} {kind} {what}", self.store.node());
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
        // In a cluster the key leads to the server that will remember the name.
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
        // Gone immediately: the server is being emptied.
        let agreed = agreed.ok_or(StoreError::Unavailable(None))?;
        let agreed = STANDARD.decode(agreed).ok();
        agreed
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(StoreError::Damaged("the shared secret"))
    }
}

fn parse<T: serde::de::DeserializeOwned>(json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|_| StoreError::Damaged("a note"))
}
