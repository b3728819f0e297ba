//! `subscriptions/listen`: a request that is answered with what happens, on
//! whichever node it happens, until one of the two hangs up.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use suite::modern::{complete, key};
use suite::{
    Caller, Cluster, Exchange, Node, NodeBuilder, PATIENCE, Program, Storage,
    eventually,
};
use tokio::time::timeout;

const ALICE: &str = "alice-has-a-long-token";
const BOB: &str = "bob-has-another-token";
const STATS: &str = "calculator://stats";
const TOOLS: &str = "notifications/tools/list_changed";
const PROMPTS: &str = "notifications/prompts/list_changed";

/// Enough for something that should not come. It is all the time that a story
/// about silence can give.
const A_WHILE: Duration = Duration::from_millis(300);

fn fixture() -> NodeBuilder {
    Node::builder().program(Program::CONFORMANCE)
}

fn uri(tape: &str, part: &str) -> String {
    format!("calculator://tapes/{tape}/{part}")
}

async fn add(caller: &Caller, tape: &str) -> Exchange {
    let sum = json!({ "a": 1, "b": 1, "op": "add", "tape_id": tape });
    let answer = caller.call_tool("calculate", sum).await;
    assert_eq!(answer.text(), "1 add 1 = 2");
    answer
}

/// The fixture's tools that announce a changed list.
async fn trigger(caller: &Caller, list: &str) {
    let tool = format!("test_trigger_{list}_change");
    complete(&caller.call_tool(&tool, json!({})).await);
}

/// How many streams that listen the node holds.
async fn open(node: &Node) -> Option<f64> {
    node.metric("mcp_streams_open{kind=\"listen\"}").await
}

async fn assert_open(node: &Node, count: f64) {
    eventually("streams are let go", PATIENCE, async || {
        (open(node).await == Some(count)).then_some(())
    })
    .await;
}

/// D011, M137: what is told is that a look is worth it, and it shows the end.
#[tokio::test]
async fn a_tape_that_is_closed_has_changed() {
    let cluster = Cluster::with_redis(2).await;
    let caller = Caller::new(cluster.node(0));
    let tape = caller.open_tape().await;
    let history = uri(&tape, "history");
    let mut listening = caller.listen_to(&[&history]).await;
    let close = json!({ "tape_id": tape });
    caller.at(cluster.node(1)).call_tool("close_tape", close).await;
    assert_eq!(listening.update().await, history);
    assert_eq!(caller.read(&history).await.code(), -32602);
}

/// M110, M111, M143: what cannot be told is not promised.
#[tokio::test]
async fn what_is_promised_comes_first() {
    let tokens = format!("alice={ALICE},bob={BOB}");
    let node = Node::builder().set("API_TOKENS", tokens).start().await;
    let alice = Caller::new(&node).with_token(ALICE);
    let bob = alice.with_token(BOB);
    let (own, foreign) = (alice.open_tape().await, bob.open_tape().await);
    let closed = alice.open_tape().await;
    let only = json!({ "tape_id": closed });
    complete(&alice.call_tool("close_tape", only).await);
    let tellable = [STATS.to_owned(), uri(&own, "history"), uri(&own, "info")];
    let untellable = [
        uri(&foreign, "history"),
        uri(&closed, "history"),
        uri("tape-00000000000000000000000000000000", "info"),
        "calculator://history".to_owned(),
        "calculator://constants".to_owned(),
        "session://info/11111111-2222-4333-8444-555555555555".to_owned(),
        "nonsense".to_owned(),
    ];
    let found = complete(&alice.request("server/discover", json!({})).await);
    let capabilities = &found["capabilities"];
    let uris = [&tellable[..], &untellable[..]].concat();
    let listening = alice
        .listen(json!({
            "toolsListChanged": true,
            "promptsListChanged": true,
            "resourcesListChanged": true,
            "resourceSubscriptions": uris,
            "somethingElse": true,
        }))
        .await;
    let honoured = &listening.honoured;
    let members: BTreeSet<&str> = honoured
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| &**name)
        .collect();
    let known = [
        "toolsListChanged",
        "promptsListChanged",
        "resourcesListChanged",
        "resourceSubscriptions",
    ];
    assert!(members.is_subset(&known.into()), "{honoured}");
    assert_eq!(honoured["resourceSubscriptions"], json!(tellable));
    for (member, list) in
        [("tools", known[0]), ("prompts", known[1]), ("resources", known[2])]
    {
        let declared = capabilities[member]["listChanged"] == true;
        assert_eq!(honoured[list] == true, declared, "{list}: {honoured}");
    }
}

#[tokio::test]
async fn who_asks_for_nothing_is_promised_nothing() {
    let node = fixture().start().await;
    let caller = Caller::new(&node);
    for nothing in [
        json!({}),
        json!({ "toolsListChanged": false }),
        json!({ "resourceSubscriptions": [] }),
    ] {
        let listening = caller.listen(nothing).await;
        let honoured = listening.honoured.to_string();
        assert!(
            !honoured.contains("true") && !honoured.contains("//"),
            "{honoured}"
        );
    }
    for wrong in [json!({}), json!({ "notifications": 7 })] {
        let refused = caller.request("subscriptions/listen", wrong).await;
        assert_eq!(refused.code(), -32602);
    }
}

/// M024, M112: the id as it was given. The harness holds all messages against it.
#[tokio::test]
async fn everything_says_to_which_subscription_it_belongs() {
    let node = fixture().start().await;
    let caller = Caller::new(&node);
    let filter = json!({ "notifications": { "toolsListChanged": true } });
    for id in
        [json!(0), json!("0"), json!("listen:0"), json!(1_790_000_000_123_u64)]
    {
        let method = "subscriptions/listen";
        let message = caller.message_as(id.clone(), method, filter.clone());
        let mut stream = caller.attempt(&message).open().await;
        assert_eq!(stream.headers["x-accel-buffering"], "no", "M055");
        assert!(!stream.headers.contains_key("mcp-session-id"));
        trigger(&caller, "tool").await;
        for method in ["notifications/subscriptions/acknowledged", TOOLS] {
            let said = stream.message().await.unwrap_or_default();
            assert_eq!(said["method"], method);
            assert_eq!(
                said["params"]["_meta"][key("subscriptionId")],
                id,
                "{said}"
            );
        }
    }
}

/// M109, M113, M128, M144: several at once, each hears what it asked for.
#[tokio::test]
async fn nobody_is_told_what_he_did_not_ask_for() {
    let cluster = Cluster::of(2, fixture()).await;
    for (asked, through) in [(0, 0), (0, 1)] {
        let here = Caller::new(cluster.node(asked));
        let there = here.at(cluster.node(through));
        let mut tools = here.listen(json!({ "toolsListChanged": true })).await;
        let mut prompts = here.listen(json!({ "promptsListChanged": true })).await;
        let both = json!({ "toolsListChanged": true, "promptsListChanged": true });
        let mut both = here.listen(both).await;
        trigger(&there, "tool").await;
        tools.expect(TOOLS).await;
        both.expect(TOOLS).await;
        trigger(&there, "prompt").await;
        prompts.expect(PROMPTS).await;
        both.expect(PROMPTS).await;
        for silent in [&mut tools, &mut prompts, &mut both] {
            silent.assert_silent(A_WHILE).await;
        }
    }
}

/// Changes of tapes, heard on another node than the one where they are made.
async fn a_change_is_heard_on_any_node(storage: Storage) {
    let cluster = Cluster::on(storage, 2, Node::builder()).await;
    let here = Caller::new(cluster.node(0));
    let there = here.at(cluster.node(1));
    let (tape, other) = (here.open_tape().await, here.open_tape().await);
    let (history, info) = (uri(&tape, "history"), uri(&tape, "info"));
    let mut histories = here.listen_to(&[&history]).await;
    let mut both = here.listen_to(&[&history, &info]).await;
    let mut others = here.listen_to(&[&uri(&other, "history")]).await;
    for caller in [&there, &here, &there] {
        add(caller, &tape).await;
        assert_eq!(histories.update().await, history);
        let told = BTreeSet::from([both.update().await, both.update().await]);
        assert_eq!(told, BTreeSet::from([history.clone(), info.clone()]));
    }
    for silent in [&mut histories, &mut both, &mut others] {
        silent.assert_silent(A_WHILE).await;
    }
    // What is not recorded changes nothing.
    let loose = json!({ "a": 1, "b": 1, "op": "add" });
    complete(&there.call_tool("calculate", loose).await);
    let wrong = json!({ "a": 1, "b": 0, "op": "divide", "tape_id": tape });
    assert!(!there.call_tool("calculate", wrong).await.failure().is_empty());
    histories.assert_silent(A_WHILE).await;
    add(&there, &other).await;
    assert_eq!(others.update().await, uri(&other, "history"));
}

#[tokio::test]
async fn a_change_is_heard_on_any_node_of_one_redis() {
    a_change_is_heard_on_any_node(Storage::OneServer).await;
}

#[tokio::test]
async fn a_change_is_heard_on_any_node_of_a_redis_cluster() {
    a_change_is_heard_on_any_node(Storage::RedisCluster).await;
}

/// Clearing is a change like any other.
#[tokio::test]
async fn a_cleared_history_has_changed() {
    let cluster = Cluster::with_redis(2).await;
    let here = Caller::new(cluster.node(0)).with_forms();
    let there = here.at(cluster.node(1));
    let tape = here.open_tape().await;
    add(&here, &tape).await;
    let history = uri(&tape, "history");
    let mut listening = there.listen_to(&[&history]).await;
    let asked = here.call_tool("confirm_clear", json!({ "tape_id": tape })).await;
    let yes = suite::modern::accept(json!({ "confirm": true }));
    complete(&here.retry(&asked, json!({ "confirm": yes })).await);
    assert_eq!(listening.update().await, history);
}

/// The figures of the deployment change all the time; once a second is enough.
#[tokio::test]
async fn changes_of_the_statistics_are_gathered() {
    let cluster = Cluster::with_redis(2).await;
    let here = Caller::new(cluster.node(0));
    let there = here.at(cluster.node(1));
    let mut listening = here.listen_to(&[STATS]).await;
    let sum = json!({ "a": 1, "b": 1, "op": "add" });
    let client = cluster.node(1).connect().await;
    let start = Instant::now();
    for _ in 0..100 {
        client.call_tool("calculate", sum.clone()).await.result();
    }
    let seconds = start.elapsed().as_secs() + 1;
    let mut told = 0;
    while let Ok(uri) =
        timeout(Duration::from_millis(2500), listening.update()).await
    {
        assert_eq!(uri, STATS);
        told += 1;
    }
    assert!((1..=seconds + 2).contains(&told), "{told} in {seconds} s");
    let stats = there.read(STATS).await.resource();
    assert_eq!(stats["totalCalculations"].as_f64(), Some(100.0));
    client.call_tool("calculate", sum).await.result();
    assert_eq!(listening.update().await, STATS, "and again");
}

/// M054, M153: what a request says on its way is said to the one who asks.
#[tokio::test]
async fn a_listener_hears_nothing_of_other_requests() {
    let node = fixture().set("SSE_AFTER", 1).start().await;
    let caller = Caller::new(&node)
        .with_meta(&key("logLevel"), json!("debug"))
        .with_meta("progressToken", json!("t"));
    let all = json!({ "toolsListChanged": true, "promptsListChanged": true });
    let mut listening = caller.listen(all).await;
    for tool in ["test_tool_with_logging", "test_tool_with_progress"] {
        complete(&caller.call_tool(tool, json!({})).await);
    }
    listening.assert_silent(A_WHILE).await;
    let client = node.connect().await;
    client.call_tool("test_tool_with_logging", json!({})).await.result();
    listening.assert_silent(A_WHILE).await;
}

/// Whoever listens needs a stream.
#[tokio::test]
async fn a_listener_that_accepts_no_stream_is_refused() {
    let node = Node::start().await;
    let caller = Caller::new(&node);
    let filter = json!({ "notifications": { "resourceSubscriptions": [STATS] } });
    for (accept, status) in [
        ("application/json", 406),
        ("text/plain", 406),
        ("text/event-stream", 200),
        ("*/*", 200),
    ] {
        let caller = caller.with_accept(accept);
        let answer = caller.start("subscriptions/listen", filter.clone()).await;
        assert_eq!(answer.status, status, "{accept}");
        assert_eq!(answer.is_stream(), status == 200, "{accept}");
        if status == 406 {
            assert_eq!(answer.rest().await.code(), -32600);
        }
    }
}

/// M056: a sign of life on a stream on which nothing happens.
#[tokio::test]
async fn a_silent_stream_shows_that_it_lives() {
    let node = Node::start().await;
    let mut listening = Caller::new(&node).listen_to(&[STATS]).await;
    listening.comment(Duration::from_secs(20)).await;
}

/// M115, M116: hanging up is all that it takes.
#[tokio::test]
async fn a_listener_that_hangs_up_is_let_go() {
    let node = Node::start().await;
    let caller = Caller::new(&node);
    let tape = caller.open_tape().await;
    let history = uri(&tape, "history");
    let mut listeners = Vec::new();
    for _ in 0..20 {
        listeners.push(caller.apart().listen_to(&[STATS, &history]).await);
    }
    assert_open(&node, 20.0).await;
    let mut last = listeners.pop().expect("a listener");
    drop(listeners);
    assert_open(&node, 1.0).await;
    add(&caller, &tape).await;
    let told = BTreeSet::from([last.update().await, last.update().await]);
    assert_eq!(told, BTreeSet::from([STATS.to_owned(), history]));
    drop(last);
    assert_open(&node, 0.0).await;
}

/// One principal does not take all streams.
#[tokio::test]
async fn one_principal_may_have_so_many_listeners_and_no_more() {
    let node = Node::builder()
        .set("API_TOKENS", format!("alice={ALICE},bob={BOB}"))
        .set("MAX_SESSIONS_PER_CLIENT", 2)
        .start()
        .await;
    let alice = Caller::new(&node).with_token(ALICE);
    let bob = alice.apart().with_token(BOB);
    let first = alice.apart().listen_to(&[STATS]).await;
    let _second = alice.apart().listen_to(&[STATS]).await;
    let filter = json!({ "notifications": { "resourceSubscriptions": [STATS] } });
    let refused = alice.request("subscriptions/listen", filter).await;
    assert_eq!(refused.status, 429, "{refused:#?}");
    refused.error();
    let _other = bob.listen_to(&[STATS]).await;
    complete(&alice.request("tools/list", json!({})).await);
    drop(first);
    assert_open(&node, 2.0).await;
    let _third = alice.apart().listen_to(&[STATS]).await;
}

/// M172: and none without a token.
#[tokio::test]
async fn a_stranger_does_not_listen() {
    let node = Node::builder().set("API_TOKENS", format!("alice={ALICE}"));
    let node = node.start().await;
    let filter = json!({ "notifications": { "resourceSubscriptions": [STATS] } });
    let refused = Caller::new(&node).start("subscriptions/listen", filter).await;
    assert_eq!((refused.status, refused.is_stream()), (401, false));
}

/// D009: a tape that somebody listens to is in use.
#[tokio::test]
async fn what_is_listened_to_stays_alive() {
    let impatient = Node::builder().set("SESSION_TIMEOUT", 1000);
    let cluster = Cluster::of(1, impatient.clone()).await;
    for node in [&impatient.start().await, cluster.node(0)] {
        let caller = Caller::new(node);
        let (tape, left) = (caller.open_tape().await, caller.open_tape().await);
        let history = uri(&tape, "history");
        let mut listening = caller.apart().listen_to(&[&history]).await;
        listening.assert_silent(Duration::from_millis(2500)).await;
        add(&caller, &tape).await;
        assert_eq!(listening.update().await, history);
        assert_eq!(caller.read(&uri(&left, "history")).await.code(), -32602);
    }
}

/// M114, D017: the end is said, and it is the result of the request.
#[tokio::test]
async fn a_node_that_drains_ends_its_streams_with_a_result() {
    let mut cluster = Cluster::of(2, fixture().set("DRAIN_DELAY", 100)).await;
    let here = Caller::new(cluster.node(0));
    let tools = here.listen(json!({ "toolsListChanged": true })).await;
    let prompts = here.listen(json!({ "promptsListChanged": true })).await;
    let elsewhere = here.at(cluster.node(1));
    let mut elsewhere = elsewhere.listen(json!({ "toolsListChanged": true })).await;
    cluster.node(0).terminate();
    for listening in [tools, prompts] {
        let result = listening.end().await;
        assert_eq!(result["resultType"], "complete", "{result}");
    }
    assert!(cluster.nodes[0].wait(PATIENCE).await.success());
    trigger(&here.at(cluster.node(1)), "tool").await;
    elsewhere.expect(TOOLS).await;
}

/// An open stream does not keep a node in memory mode from stopping either.
#[tokio::test]
async fn a_node_stops_though_somebody_listens() {
    let mut node = Node::start().await;
    let listening = Caller::new(&node).listen_to(&[STATS]).await;
    node.terminate();
    listening.end().await;
    let status = node.wait(Duration::from_secs(5)).await;
    assert!(status.success(), "{status}: {}", node.stderr());
}

/// Redis blinks under a listener: what changed meanwhile is told when it is back.
async fn assert_heard_after(disturb: impl AsyncFn(&mut Cluster)) {
    let mut cluster = Cluster::with_redis(2).await;
    let here = Caller::new(cluster.node(0));
    let there = here.at(cluster.node(1));
    let tape = here.open_tape().await;
    let history = uri(&tape, "history");
    let mut listening = here.apart().listen_to(&[&history]).await;
    add(&there, &tape).await;
    assert_eq!(listening.update().await, history);
    disturb(&mut cluster).await;
    let sum = json!({ "a": 1, "b": 1, "op": "add", "tape_id": tape });
    eventually("the tape works again", PATIENCE, async || {
        let answer = there.call_tool("calculate", sum.clone()).await;
        (answer.status == 200).then_some(())
    })
    .await;
    assert_eq!(listening.update().await, history);
}

#[tokio::test]
async fn a_change_is_heard_though_redis_was_killed() {
    assert_heard_after(async |cluster| {
        cluster.redis.kill();
        cluster.redis.restart().await;
    })
    .await;
}

#[tokio::test]
async fn a_change_is_heard_though_redis_was_frozen() {
    assert_heard_after(async |cluster| {
        cluster.redis.freeze();
        let caller = Caller::new(cluster.node(1)).with_accept("application/json");
        let away = caller.call_tool("open_tape", json!({})).await;
        assert_eq!(away.status, 503);
        cluster.redis.thaw();
    })
    .await;
}

/// Only the subscriptions break; the change comes before they are renewed.
#[tokio::test]
async fn a_change_is_heard_though_the_subscription_was_broken() {
    assert_heard_after(async |cluster| {
        let killed = ["CLIENT", "KILL", "TYPE", "pubsub"];
        cluster.redis.command(&killed).await;
    })
    .await;
}

/// D018: who does not read is in nobody's way.
#[tokio::test]
async fn listeners_that_do_not_read_delay_nobody() {
    let node = Node::start().await;
    let caller = Caller::new(&node);
    let tape = caller.open_tape().await;
    let history = uri(&tape, "history");
    let mut stalled = Vec::new();
    for _ in 0..50 {
        stalled.push(caller.apart().listen_to(&[&history]).await);
    }
    let mut reading = caller.apart().listen_to(&[&history]).await;
    for _ in 0..200 {
        let answer = add(&caller, &tape).await;
        assert!(answer.took < Duration::from_millis(500), "{:?}", answer.took);
        assert_eq!(reading.update().await, history);
    }
    drop(stalled);
    assert_open(&node, 1.0).await;
}

/// A listener holds no session, and needs none.
#[tokio::test]
async fn a_listener_is_no_session() {
    let node = fixture().start().await;
    let client = node.connect().await;
    let mut get = client.listen().await;
    let caller = Caller::new(&node);
    let mut listening = caller.listen(json!({ "toolsListChanged": true })).await;
    trigger(&caller, "tool").await;
    let told: Value = listening.expect(TOOLS).await;
    assert!(told["params"]["_meta"].is_object());
    client.end_session().await;
    while get.event().await.is_some() {}
    trigger(&caller, "tool").await;
    listening.expect(TOOLS).await;
}
