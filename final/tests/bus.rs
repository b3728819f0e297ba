//! The way from one node to another, over a real Redis. Hints of one sender arrive
//! in order, so a node that hears an announcement has heard all that was before it:
//! this is how a test knows that it was told nothing.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/contract.rs"]
mod contract;
#[path = "support/redis_server.rs"]
mod redis_server;

use std::sync::Arc;
use std::time::Duration;

use contract::{ACTIVE, Deployment, Logs, PASSIVE, Redis, Talk, number};
use futures_util::future::join_all;
use mcp_server::bus::{
    Bus, BusMessage, Mailbox, MemoryBus, RedisBus, RemoteChange,
};
use mcp_server::events::{EventId, Resumption};
use mcp_server::protocol::errors::RpcError;
use mcp_server::protocol::jsonrpc::{ClientAnswer, RequestId};
use mcp_server::protocol::subscriptions::List;
use mcp_server::protocol::{RawJson, to_raw};
use mcp_server::sessions::{NodeId, SessionId, StoreError};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Two nodes on one Redis, what each of them is told, and a session of both.
struct Nodes {
    all: Redis,
    talk: Talk,
    buses: [Arc<RedisBus>; 2],
    heard: [mpsc::Receiver<BusMessage>; 2],
}

impl Nodes {
    async fn start() -> Self {
        Self::with_lease(Duration::from_secs(60)).await
    }

    async fn with_lease(lease: Duration) -> Self {
        let all = Redis::start().await;
        let talk = Talk::start(&all).await;
        let buses = [all.bus(0, lease), all.bus(1, lease)];
        let heard = buses.each_ref().map(|bus| {
            let (bus, (heard, hints)) = (bus.clone(), mpsc::channel(64));
            tokio::spawn(async move { bus.subscribe(heard).await });
            hints
        });
        let mut nodes = Self { all, talk, buses, heard };
        for node in [0, 1] {
            nodes.hears(node, &BusMessage::Reconnected).await;
        }
        nodes
    }

    /// The next that a node is told.
    async fn hears(&mut self, node: usize, hint: &BusMessage) {
        let told = timeout(Duration::from_secs(10), self.heard[node].recv());
        assert_eq!(told.await.expect("it is told in time").as_ref(), Some(hint));
    }

    /// A node was told nothing so far.
    async fn hears_nothing(&mut self, node: usize) {
        self.buses[1 - node]
            .publish(&RemoteChange::Resource("after that".to_owned()))
            .await
            .unwrap();
        self.hears(
            node,
            &BusMessage::Changed(RemoteChange::Resource("after that".to_owned())),
        )
        .await;
    }

    fn look_hint(&self) -> BusMessage {
        BusMessage::PullMailbox(self.talk.id)
    }

    async fn expect(&self, node: usize, question: &RequestId) {
        let expected =
            self.buses[node].register_question(&self.talk.id, question, &CALL);
        assert!(expected.await.unwrap());
    }

    async fn answer(&self, node: usize, question: &RequestId, text: &str) -> bool {
        let outcome = Ok(to_raw(&text));
        let answer =
            self.buses[node].deliver_answer(&self.talk.id, question, &outcome);
        answer.await.unwrap()
    }

    async fn cancel(&self, node: usize, call: &RequestId, reason: &str) -> bool {
        self.buses[node].request_cancel(&self.talk.id, call, reason).await.unwrap()
    }

    async fn left(&self, node: usize) -> Option<Mailbox> {
        self.buses[node].pull_mailbox(&self.talk.id).await.unwrap()
    }

    /// The answers that were left for a node.
    async fn answers(&self, node: usize) -> Vec<(RequestId, String)> {
        let left = self.left(node).await.expect("a session");
        let text = |outcome: ClientAnswer| match outcome {
            Ok(result) => result.get().to_owned(),
            Err(error) => to_raw(&error).get().to_owned(),
        };
        left.answers.into_iter().map(|(id, outcome)| (id, text(outcome))).collect()
    }

    /// The calls that a node is to stop.
    async fn cancelled(&self, node: usize) -> Vec<(RequestId, String)> {
        self.left(node).await.expect("a session").cancelled
    }

    async fn end_session(&self, node: usize) {
        let (store, session) = (self.all.node(node), &self.talk.session);
        let ended = store.terminate(&session.id, &session.principal).await;
        assert!(ended.unwrap());
    }
}

/// What a node is told whose stream is read on another one, or replaced there.
fn claimed(talk: &Talk, stream: EventId) -> BusMessage {
    BusMessage::TakenOver(talk.id, stream.stream)
}

/// The call for which questions are asked.
static CALL: RequestId = RequestId::String(String::new());

fn text(id: &str) -> RequestId {
    RequestId::String(id.to_owned())
}

/// D010.
#[tokio::test]
async fn an_answer_reaches_the_node_that_waits_for_it() {
    let mut nodes = Nodes::start().await;
    let question = text("c1 {ü}:\n\"1\"");
    nodes.expect(0, &question).await;
    assert!(nodes.answers(0).await.is_empty());

    assert!(nodes.answer(1, &question, "yes").await);
    nodes.hears(0, &nodes.look_hint()).await;
    // It stays until it is not waited for any more: a node that looks and dies
    // before it has understood has lost nothing.
    for _ in 0..2 {
        assert_eq!(nodes.answers(0).await, [(question.clone(), "\"yes\"".into())]);
    }
    assert!(nodes.answers(1).await.is_empty());
    nodes.hears_nothing(1).await;

    nodes.buses[0].withdraw_question(&nodes.talk.id, &question).await.unwrap();
    assert!(nodes.answers(0).await.is_empty());
}

/// Also one that says no, with all that it says.
#[tokio::test]
async fn a_clients_error_is_an_answer_without_its_data() {
    let nodes = Nodes::start().await;
    let error = RpcError::new(-1, "no");
    let (question, expected) = (number(1), to_raw(&error).get().to_owned());
    let outcome: ClientAnswer = Err(error.with_data(json!({"why": [1.5, null]})));
    nodes.expect(0, &question).await;
    let answer = nodes.buses[1].deliver_answer(&nodes.talk.id, &question, &outcome);
    assert!(answer.await.unwrap());
    assert_eq!(nodes.answers(0).await, [(question, expected)]);
}

#[tokio::test]
async fn the_first_answer_counts() {
    let mut nodes = Nodes::start().await;
    nodes.expect(0, &number(1)).await;
    assert!(nodes.answer(1, &number(1), "first").await);
    assert!(!nodes.answer(1, &number(1), "second").await);
    assert!(!nodes.answer(0, &number(1), "third").await);
    assert_eq!(nodes.answers(0).await, [(number(1), "\"first\"".into())]);
    nodes.hears(0, &nodes.look_hint()).await;
    nodes.hears_nothing(0).await;
}

/// D010, D004: `1` is not `"1"`, and a question is of one session.
#[tokio::test]
async fn an_answer_that_nobody_waits_for_is_refused() {
    let mut nodes = Nodes::start().await;
    let other = Talk::start(&nodes.all).await;
    assert!(
        nodes.buses[0]
            .register_question(&other.id, &number(2), &CALL)
            .await
            .unwrap()
    );
    nodes.expect(0, &number(1)).await;
    nodes.expect(0, &number(3)).await;
    nodes.buses[0].withdraw_question(&nodes.talk.id, &number(3)).await.unwrap();
    for question in [number(0), text("1"), number(2), number(3)] {
        assert!(!nodes.answer(1, &question, "no").await, "{question}");
    }
    assert!(nodes.answers(0).await.is_empty());
    nodes.hears_nothing(0).await;
}

/// D012.
#[tokio::test]
async fn a_call_is_cancelled_on_the_node_that_runs_it() {
    let mut nodes = Nodes::start().await;
    let call = text("c1 {ü} \"1\"");
    assert!(nodes.talk.try_open(0, &call, "attempt").await.is_some());
    let other = nodes.talk.open(0, 2).await;

    // It may be running and no stream yet, so that only its own node knows.
    assert!(!nodes.cancel(1, &number(1), "no stream").await);
    nodes.hears(0, &BusMessage::Cancel(nodes.talk.id, number(1))).await;
    assert!(nodes.cancel(1, &call, "no \"longer\" wanted").await);
    nodes.hears(0, &nodes.look_hint()).await;
    let cancelled = [(call, "no \"longer\" wanted".to_owned())];
    assert_eq!(nodes.cancelled(0).await, cancelled);
    assert!(nodes.cancelled(1).await.is_empty());
    nodes.hears_nothing(1).await;

    // Without a reason, and after its stream has moved: the runner is meant.
    nodes.talk.resume(1, other).await;
    nodes.hears(0, &claimed(&nodes.talk, other)).await;
    assert!(nodes.cancel(1, &number(2), "").await);
    nodes.hears(0, &nodes.look_hint()).await;
    assert_eq!(nodes.cancelled(0).await.len(), 2);
    assert!(nodes.talk.finish(other.stream, None).await);
    assert!(!nodes.cancel(1, &number(2), "late").await);
    assert_eq!(nodes.cancelled(0).await, cancelled);
}

/// Its node is dead, and nobody else would withdraw them.
#[tokio::test]
async fn the_end_of_a_dead_nodes_call_withdraws_its_questions_and_no_others() {
    let nodes = Nodes::start().await;
    let (bus, id) = (&nodes.buses[0], nodes.talk.id);
    let opening = nodes.talk.open(0, 1).await;
    for (question, call) in [(1, 1), (2, 1), (3, 11)] {
        let expected =
            bus.register_question(&id, &number(question), &number(call)).await;
        assert!(expected.unwrap());
    }
    assert!(nodes.answer(1, &number(1), "in time").await);
    assert!(nodes.talk.finish_at(1, opening.stream, "attempt", None).await);
    assert!(nodes.answers(0).await.is_empty());
    assert!(!nodes.answer(1, &number(1), "late").await);
    assert!(!nodes.answer(1, &number(2), "late").await);
    assert!(nodes.answer(1, &number(3), "in time").await);
    // Nothing of it is in the way of a question with the same id.
    nodes.expect(0, &number(1)).await;
    assert!(nodes.answer(1, &number(1), "again").await);
}

/// The end of a call may be stored late, when the next call with its id asks.
#[tokio::test]
async fn a_late_end_withdraws_no_question_of_the_next_call_with_its_id() {
    let nodes = Nodes::start().await;
    let opening = nodes.talk.open(0, 1).await;
    let (bus, id) = (&nodes.buses[0], nodes.talk.id);
    assert!(bus.register_question(&id, &number(2), &number(1)).await.unwrap());
    assert!(nodes.talk.finish(opening.stream, None).await);
    assert!(nodes.answer(1, &number(2), "yes").await);
}

#[tokio::test]
async fn what_a_call_says_is_told_to_the_node_that_reads_it() {
    let mut nodes = Nodes::start().await;
    let opening = nodes.talk.open(0, 1).await;
    let stream = opening.stream;
    let read = BusMessage::Read(nodes.talk.id, stream);
    assert!(nodes.talk.append(stream, 1, &["read here"]).await);
    nodes.hears_nothing(0).await;
    nodes.hears_nothing(1).await;

    nodes.talk.resume(1, opening).await;
    nodes.hears(0, &claimed(&nodes.talk, opening)).await;
    assert!(nodes.talk.append(stream, 2, &["a", "b"]).await);
    nodes.hears(1, &read).await;
    assert!(nodes.talk.finish(stream, Some("c")).await);
    nodes.hears(1, &read).await;
    nodes.hears_nothing(0).await;
    nodes.hears_nothing(1).await;
}

/// The runner died, and the reader is on the node that did not notice.
#[tokio::test]
async fn an_end_that_another_node_gives_a_call_is_told_to_its_reader() {
    let mut nodes = Nodes::start().await;
    let id = nodes.talk.id;
    let opening = nodes.talk.open(0, 1).await;
    assert!(nodes.talk.finish_at(1, opening.stream, "attempt", None).await);
    nodes.hears(0, &BusMessage::Read(id, opening.stream)).await;
    nodes.hears_nothing(1).await;
}

/// D011, L055.
#[tokio::test]
async fn what_is_said_on_the_get_stream_is_told_to_the_node_that_holds_it() {
    let mut nodes = Nodes::start().await;
    let id = nodes.talk.id;
    let old = nodes.talk.listen(0).await;
    assert!(nodes.talk.send(0, "held here").await);
    nodes.hears_nothing(0).await;
    assert!(nodes.talk.send(1, "held there").await);
    nodes.hears(0, &BusMessage::Read(id, old.stream)).await;

    let new = nodes.talk.listen(1).await;
    nodes.hears(0, &claimed(&nodes.talk, old)).await;
    let resumed = nodes.talk.resume(0, new).await;
    let Resumption::GetStream(lease) = resumed else { panic!("{resumed:?}") };
    nodes.hears(1, &claimed(&nodes.talk, new)).await;
    nodes.talk.logs[0].close_get_stream(&id, lease).await.unwrap();
    assert!(nodes.talk.send(1, "waits").await);
    nodes.hears_nothing(0).await;
    nodes.hears_nothing(1).await;
}

/// L065: at once, and not when they next look.
#[tokio::test]
async fn the_end_of_a_session_is_told_to_all_other_nodes_that_hold_some_of_it() {
    for part in ["calls", "a call", "a reader", "the GET stream", "a question"] {
        let mut nodes = Nodes::start().await;
        match part {
            // Whoever holds several parts is told once.
            "calls" => {
                nodes.talk.open(0, 1).await;
                nodes.talk.open(0, 2).await;
            }
            // It is read on the node that ends the session.
            "a call" => {
                let opening = nodes.talk.open(0, 1).await;
                nodes.talk.resume(1, opening).await;
                nodes.hears(0, &claimed(&nodes.talk, opening)).await;
            }
            "a question" => nodes.expect(0, &number(1)).await,
            "a reader" => {
                let opening = nodes.talk.open(1, 1).await;
                nodes.talk.resume(0, opening).await;
                nodes.hears(1, &claimed(&nodes.talk, opening)).await;
            }
            _ => drop(nodes.talk.listen(0).await),
        }
        nodes.end_session(1).await;
        nodes.hears(0, &nodes.look_hint()).await;
        assert!(nodes.left(0).await.is_none(), "{part}");
        nodes.hears_nothing(0).await;
        nodes.hears_nothing(1).await;
    }
}

#[tokio::test]
async fn an_ended_session_expects_and_leaves_nothing() {
    let mut nodes = Nodes::start().await;
    let id = nodes.talk.id;
    nodes.expect(0, &number(1)).await;
    nodes.talk.open(1, 1).await;
    nodes.end_session(1).await;
    nodes.hears(0, &nodes.look_hint()).await;
    let unknown = SessionId::random();
    for (bus, id) in [(0, id), (1, id), (0, unknown)] {
        let bus = &nodes.buses[bus];
        assert!(!bus.register_question(&id, &number(1), &CALL).await.unwrap());
        assert!(
            !bus.deliver_answer(&id, &number(1), &Ok(to_raw(&1))).await.unwrap()
        );
        assert!(!bus.request_cancel(&id, &number(1), "").await.unwrap());
        bus.withdraw_question(&id, &number(1)).await.unwrap();
        assert!(bus.pull_mailbox(&id).await.unwrap().is_none());
        assert_eq!(nodes.all.keys(&id), "");
    }
    nodes.hears_nothing(0).await;
}

#[tokio::test]
async fn what_is_left_in_a_session_expires_with_it() {
    let nodes = Nodes::start().await;
    let count = || nodes.all.count_keys(&nodes.talk.id, ACTIVE);
    count();
    nodes.expect(0, &number(1)).await;
    assert_eq!(count(), 2);
    assert!(nodes.answer(1, &number(1), "yes").await);
    count();
    nodes.buses[0].withdraw_question(&nodes.talk.id, &number(1)).await.unwrap();
    let left = nodes.all.count_keys(&nodes.talk.id, PASSIVE);
    assert_eq!(left, 1, "the record: nothing stays of an old question");
    nodes.talk.open(0, 1).await;
    count();
    assert!(nodes.cancel(1, &number(1), "").await);
    count();
}

/// Of what belongs to no session, and of what somebody listens to.
#[tokio::test]
async fn an_announcement_reaches_the_others_and_not_oneself() {
    let mut nodes = Nodes::start().await;
    let uri = "calculator://stats?a=b c";
    for news in [
        RemoteChange::Resource(uri.to_owned()),
        RemoteChange::Tape(uri.to_owned()),
        RemoteChange::List(List::Prompts),
    ] {
        nodes.buses[0].publish(&news).await.unwrap();
        nodes.hears(1, &BusMessage::Changed(news)).await;
    }
    nodes.hears_nothing(0).await;
}

/// M103: whichever node is first, and for as long as it matters.
#[tokio::test]
async fn what_can_be_had_once_is_had_once() {
    let all = Redis::start().await;
    let memory: Arc<dyn Bus> = Arc::new(MemoryBus::default());
    let lease = Duration::from_secs(60);
    let nodes: [Arc<dyn Bus>; 2] = [all.bus(0, lease), all.bus(1, lease)];
    for [first, second] in [nodes, [memory.clone(), memory]] {
        let (long, short) = (Duration::from_secs(60), Duration::from_millis(1));
        let claims = [&first, &second].map(|bus| bus.use_once("a", long));
        let claims = join_all(claims).await.into_iter().map(Result::unwrap);
        assert_eq!(claims.filter(|had| *had).count(), 1);
        assert!(second.use_once("b", short).await.unwrap(), "another name");
        while !first.use_once("b", short).await.unwrap() {}
    }
}

/// M101: nodes that count from their own clocks would refuse each other's states.
#[tokio::test]
async fn all_nodes_read_one_clock() {
    let all = Redis::start().await;
    let seconds = |text: String| text.lines().next().unwrap().parse::<u64>();
    let before = seconds(all.server().run(&["TIME"])).unwrap();
    for node in [0, 1] {
        let bus = all.bus(node, Duration::from_secs(60));
        let now = bus.time_for("a").await.unwrap().0 / 1000;
        let after = seconds(all.server().run(&["TIME"])).unwrap();
        assert!((before..=after).contains(&now), "{before} {now} {after}");
    }
}

/// Whoever asks first proposes; a deployment whose Redis was emptied agrees again.
#[tokio::test]
async fn nodes_agree_on_one_secret() {
    let all = Redis::start().await;
    let [first, second] = [0, 1].map(|n| all.bus(n, Duration::from_secs(60)));
    assert_eq!(first.agree_on_secret([1; 32]).await.unwrap(), [1; 32]);
    assert_eq!(second.agree_on_secret([2; 32]).await.unwrap(), [1; 32]);
    all.server().run(&["FLUSHALL"]);
    assert_eq!(second.agree_on_secret([1; 32]).await.unwrap(), [1; 32]);
    all.server().run(&["SET", "mcp:secret", "not a key"]);
    assert!(matches!(
        first.agree_on_secret([1; 32]).await,
        Err(StoreError::Damaged(_))
    ));
}

/// What was left while a node heard nothing is found when it looks again.
#[tokio::test]
async fn a_node_whose_subscription_broke_is_told_and_hears_again() {
    let mut nodes = Nodes::start().await;
    nodes.expect(0, &number(1)).await;
    for _ in 0..2 {
        nodes.all.server().run(&["CLIENT", "KILL", "TYPE", "pubsub"]);
        nodes.answer(1, &number(1), "yes").await;
        for node in [0, 1] {
            nodes.hears(node, &BusMessage::Reconnected).await;
        }
        assert_eq!(nodes.answers(0).await, [(number(1), "\"yes\"".into())]);
        nodes.hears_nothing(0).await;
        nodes.hears_nothing(1).await;
    }
    nodes.expect(0, &number(2)).await;
    assert!(nodes.answer(1, &number(2), "yes").await);
    nodes.hears(0, &nodes.look_hint()).await;
}

#[tokio::test]
async fn a_node_is_alive_from_its_first_lease_to_its_end() {
    let nodes = Nodes::start().await;
    let [first, second] = &nodes.buses;
    let name = nodes.all.name(0);
    assert!(!second.is_alive(&name).await.unwrap());
    assert!(!first.renew_lease().await.unwrap(), "there is none yet");
    assert!(!second.is_alive(&name).await.unwrap());
    first.take_lease().await.unwrap();
    assert!(first.renew_lease().await.unwrap());
    assert!(second.is_alive(&name).await.unwrap());
    assert!(first.is_alive(&name).await.unwrap());
    assert!(!first.is_alive(&nodes.all.name(1)).await.unwrap());
    first.end_lease().await.unwrap();
    assert!(!second.is_alive(&name).await.unwrap());
    assert!(!first.renew_lease().await.unwrap(), "a lost one is noticed");
}

#[tokio::test]
async fn a_node_that_renews_its_lease_no_longer_is_dead() {
    let nodes = Nodes::with_lease(Duration::from_secs(1)).await;
    let (bus, name) = (&nodes.buses[1], nodes.all.name(0));
    nodes.buses[0].take_lease().await.unwrap();
    assert!(bus.is_alive(&name).await.unwrap());
    let dead = async {
        while bus.is_alive(&name).await.unwrap() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(10), dead).await.expect("its lease runs out");
}

/// There is nobody else: nothing is left for it, and nobody waits elsewhere.
#[tokio::test]
async fn the_bus_of_a_single_node_has_nothing_to_say() {
    let (bus, id) = (MemoryBus::default(), SessionId::random());
    let answer: RawJson = to_raw(&"yes");
    assert!(bus.register_question(&id, &number(1), &CALL).await.unwrap());
    assert!(!bus.deliver_answer(&id, &number(1), &Ok(answer)).await.unwrap());
    assert!(!bus.request_cancel(&id, &number(1), "").await.unwrap());
    let left = bus.pull_mailbox(&id).await.unwrap().expect("not over");
    assert!(left.answers.is_empty() && left.cancelled.is_empty());
    bus.withdraw_question(&id, &number(1)).await.unwrap();
    bus.publish(&RemoteChange::List(List::Tools)).await.unwrap();
    bus.take_lease().await.unwrap();
    assert!(bus.renew_lease().await.unwrap());
    assert!(bus.is_alive(&NodeId::named("first")).await.unwrap());
    bus.end_lease().await.unwrap();
}
