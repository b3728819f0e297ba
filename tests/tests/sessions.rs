//! A session outlives the node that opened it, and only the one that owns it
//! can use it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use suite::{
    Client, Cluster, Exchange, Node, NodeBuilder, PATIENCE, Program, RedisServer,
    eventually,
};

const ALICE: &str = "alice-has-a-long-token";
const BOB: &str = "bob-has-another-token";

async fn add(client: &Client, a: usize, b: usize) -> Exchange {
    client.call_tool("calculate", json!({ "a": a, "b": b, "op": "add" })).await
}

async fn history(client: &Client) -> Vec<Value> {
    let history = client.read("calculator://history").await.resource();
    history.as_array().cloned().unwrap_or_default()
}

async fn info(client: &Client) -> Value {
    client.read(&format!("session://info/{}", client.session_id())).await.resource()
}

fn id_of(calculated: &Exchange) -> String {
    let id = calculated.result()["structuredContent"]["calculationId"].clone();
    id.as_str().unwrap_or_default().to_owned()
}

/// How many sessions the node knows of; asking is no activity of any of them.
async fn open_sessions(node: &Node) -> Option<u64> {
    match node.get("/health").await.body {
        suite::Body::Json(report) => report["sessions"].as_u64(),
        _ => None,
    }
}

/// Longer than the timeout of [`impatient`] nodes: what is idle for this time is
/// gone. Asking would be activity, so there is nothing to poll.
const IDLE: Duration = Duration::from_millis(1200);

/// The count may lag behind, but not for long.
async fn assert_expired(node: &Node, client: &Client) {
    tokio::time::sleep(IDLE).await;
    assert_eq!(client.ping().await.status, 404, "idle for {IDLE:?}");
    eventually("the session is not counted", Duration::from_secs(5), async || {
        (open_sessions(node).await == Some(0)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_session_opened_on_one_node_goes_on_at_the_other() {
    let cluster = Cluster::with_redis(2).await;
    let client = cluster.node(0).connect().await;
    assert_eq!(add(&client, 1, 2).await.text(), "1 add 2 = 3");
    let there = client.at(cluster.node(1));
    assert_eq!(add(&there, 3, 4).await.text(), "3 add 4 = 7");
    assert_eq!(history(&there).await.len(), 2);
    assert_eq!(history(&client).await, history(&there).await);
    assert_eq!(info(&there).await["calculationCount"], 2);
}

/// The handshake itself may be spread over nodes.
#[tokio::test]
async fn the_handshake_may_be_finished_on_another_node() {
    let cluster = Cluster::with_redis(2).await;
    let opened = Client::builder().initialize(cluster.node(0)).await;
    let session = opened.header("mcp-session-id").unwrap_or_default();
    let message = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let attempt = cluster.node(1).attempt("POST").json(&message);
    let answer = attempt.header("mcp-session-id", session).send().await;
    assert_eq!(answer.status, 202);
}

/// The reference service keeps 1 to 21 of 40.
#[tokio::test]
async fn of_200_concurrent_calls_on_two_nodes_every_one_is_counted() {
    let cluster = Cluster::with_redis(2).await;
    let client = cluster.node(0).connect().await;
    let calls: Vec<_> = (0..200)
        .map(|number| {
            let client = client.at(cluster.node(number % 2));
            tokio::spawn(async move { id_of(&add(&client, number, 0).await) })
        })
        .collect();
    let mut made = BTreeSet::new();
    for call in calls {
        made.insert(call.await.expect("a call that is answered"));
    }
    assert_eq!(made.len(), 200, "every calculation has an id of its own");
    assert_eq!(info(&client).await["calculationCount"], 200);
    let kept: BTreeSet<String> = history(&client)
        .await
        .iter()
        .map(|kept| kept["id"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(kept.len(), 50);
    assert!(kept.is_subset(&made));

    for number in 0..60 {
        add(&client.at(cluster.node(number % 2)), number, 1).await;
    }
    let inputs: Vec<Value> =
        history(&client).await.iter().map(|kept| kept["inputs"].clone()).collect();
    let last: Vec<Value> = (10..60).map(|number| json!([number, 1])).collect();
    assert_eq!(inputs, last, "the last 50, newest last");
    let stats = client.at(cluster.node(1)).read("calculator://stats").await;
    assert_eq!(stats.resource()["totalCalculations"], 260);
}

/// D001, L065, L066: at once, on every node, for every method.
#[tokio::test]
async fn a_session_ended_on_one_node_is_gone_on_the_other() {
    let cluster = Cluster::with_redis(2).await;
    let client = cluster.node(0).connect().await;
    let there = client.at(cluster.node(1));
    add(&client, 1, 2).await;
    add(&there, 1, 2).await;
    assert_eq!(there.end_session().await.status, 204);
    for gone in [&client, &there] {
        let answer = gone.ping().await;
        assert_eq!((answer.status, answer.code()), (404, -32600));
        assert_eq!(gone.attempt("GET").send().await.status, 404);
        assert_eq!(gone.end_session().await.status, 404);
    }
}

/// D001, L066: a node that knows the session does not take its own word for it,
/// whatever would have come of the call.
#[tokio::test]
async fn a_session_ended_elsewhere_gets_no_call_where_it_is_remembered() {
    let cluster = Cluster::with_redis(2).await;
    let client = cluster.node(0).connect().await;
    let there = client.at(cluster.node(1));
    assert_eq!(add(&there, 1, 2).await.status, 200, "it is remembered now");
    assert_eq!(client.end_session().await.status, 204);

    let divide = json!({ "a": 1, "b": 0, "op": "divide" });
    let streamed = json!({ "a": 1, "b": 2, "op": "add", "stream": true });
    let calls = [
        ("no effect", there.call_tool("calculate", divide.clone()).await),
        ("an effect", add(&there, 1, 2).await),
        ("no arguments", there.call_tool("calculate", json!({})).await),
        ("no such tool", there.call_tool("nonsense", json!({})).await),
    ];
    for (what, answer) in &calls {
        assert_eq!((answer.status, answer.code()), (404, -32600), "{what}");
    }
    let wrong = there.attempt("POST").header("mcp-protocol-version", "2025-06-18");
    let call = json!({ "name": "calculate", "arguments": divide });
    let call = json!({ "jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": call });
    let wrong = wrong.json(&call).send().await;
    assert_eq!(wrong.status, 404, "another version");

    // Remembered again by each: the first failure has made the node forget.
    for tool in ["calculate", "batch_calculate"] {
        let client = cluster.node(0).connect().await;
        let there = client.at(cluster.node(1));
        assert_eq!(add(&there, 1, 2).await.status, 200);
        client.end_session().await;
        let arguments = match tool {
            "calculate" => streamed.clone(),
            _ => json!({ "calculations": [], "reportProgress": true }),
        };
        let stream = there.start_call_with_progress(tool, arguments, 1).await;
        let answer = stream.rest().await;
        assert_eq!(answer.status, 404, "{tool}: {:?}", answer.body);
        let left = format!("mcp:*{}*", client.session_id());
        assert_eq!(cluster.redis.command(&["KEYS", &left]).await, "*0");
    }
}

/// The scripts that a call runs on its session: it waits for each.
#[tokio::test]
async fn a_short_call_waits_for_storage_once_and_on_another_node_twice() {
    let node = Node::builder().set("AUDIT_EVENTS", 0);
    let cluster = Cluster::of(2, node).await;
    let client = cluster.node(0).connect().await;
    add(&client, 1, 2).await;
    let redis = &cluster.redis;
    redis.command(&["CONFIG", "SET", "slowlog-log-slower-than", "0"]).await;
    let waits = async |client: &Client| {
        redis.command(&["SLOWLOG", "RESET"]).await;
        assert_eq!(add(client, 1, 2).await.status, 200);
        let commands = redis.command(&["SLOWLOG", "GET", "128"]).await;
        let id = client.session_id();
        let record = format!("mcp:{{{}}}:{id}", &id[id.len() - 2..]);
        let lines: Vec<&str> = commands.lines().collect();
        // The script's name, how many keys it has, and the first of them; lengths
        // come between. What the script itself does is listed, too.
        let is_ours = |call: &&[&str]| call[0] == "EVALSHA" && call[6] == record;
        lines.windows(7).filter(is_ours).count()
    };
    assert_eq!(waits(&client).await, 1);
    let there = client.at(cluster.node(1));
    assert_eq!(waits(&there).await, 2, "the node has never seen the session");
    assert_eq!(waits(&there).await, 1);
    assert_eq!(waits(&client).await, 1, "it is remembered here, too");
}

/// Whichever way a request is counted, it is counted once.
#[tokio::test]
async fn every_call_is_counted_once_on_whichever_node() {
    let cluster = Cluster::with_redis(2).await;
    let client = cluster.node(0).connect().await;
    let there = client.at(cluster.node(1));
    let opening = info(&client).await["requestCount"].as_u64().unwrap_or(0);
    for _ in 0..3 {
        for client in [&client, &there] {
            let divide = json!({ "a": 1, "b": 0, "op": "divide" });
            let streamed = json!({ "a": 1, "b": 2, "op": "add", "stream": true });
            add(client, 1, 2).await;
            client.call_tool("calculate", divide).await;
            let call = client.start_call_with_progress("calculate", streamed, 1);
            call.await.rest().await;
        }
    }
    let info = info(&client).await;
    assert_eq!(info["requestCount"], opening + 18 + 1, "and this request");
    assert_eq!(info["calculationCount"], 12);
    for (node, times) in [(0, 3.0), (1, 3.0)] {
        let sample = "mcp_session_events_total{event=\"reconstructed\"}";
        let counted = cluster.node(node).metric(sample).await;
        assert_eq!(counted, Some(times), "reconstructed by node {node}");
    }
}

#[tokio::test]
async fn a_node_that_is_told_to_stop_loses_no_session() {
    let mut cluster = Cluster::with_redis(2).await;
    let client = cluster.node(0).connect().await;
    let calculated = id_of(&add(&client, 1, 2).await);
    cluster.nodes[0].terminate();
    let status = cluster.nodes[0].wait(Duration::from_secs(5)).await;
    assert!(status.success(), "{status}: {}", cluster.node(0).stderr());
    let there = client.at(cluster.node(1));
    assert_eq!(history(&there).await[0]["id"], calculated);
    assert_eq!(add(&there, 3, 4).await.text(), "3 add 4 = 7");
}

#[tokio::test]
async fn a_node_that_dies_loses_no_session() {
    let mut cluster = Cluster::with_redis(2).await;
    let client = cluster.node(0).connect().await;
    let calculated = id_of(&add(&client, 1, 2).await);
    cluster.nodes[0].kill();
    let there = client.at(cluster.node(1));
    assert_eq!(history(&there).await[0]["id"], calculated);
    let successor = Node::builder().redis(&cluster.redis).start().await;
    let back = client.at(&successor);
    assert_eq!(add(&back, 3, 4).await.text(), "3 add 4 = 7");
    assert_eq!(info(&back).await["calculationCount"], 2);
}

/// Runs a story with sessions in memory and with sessions in Redis.
async fn in_both_stores(settings: NodeBuilder, story: impl AsyncFn(&Node)) {
    let redis = RedisServer::start().await;
    let memory = settings.clone().start().await;
    let shared = settings.redis(&redis).start().await;
    tokio::join!(story(&memory), story(&shared));
}

fn impatient() -> NodeBuilder {
    Node::builder().set("SESSION_TIMEOUT", 1000).set("PROGRESS_INTERVAL", 100)
}

/// L065, L175: an expired session is as unknown as one that was ended.
#[tokio::test]
async fn a_session_that_is_idle_for_too_long_is_gone() {
    in_both_stores(impatient(), async |node| {
        let client = node.connect().await;
        assert_eq!(open_sessions(node).await, Some(1));
        assert_expired(node, &client).await;
    })
    .await;
}

/// D009. The call takes more than twice the timeout.
#[tokio::test]
async fn a_running_call_keeps_its_session() {
    in_both_stores(impatient(), async |node| {
        let client = node.connect().await;
        let call = client.start_call("demo_progress", json!({ "steps": 25 })).await;
        let ended = call.rest().await;
        assert!(!ended.text().is_empty());
        assert!(ended.took > Duration::from_secs(2), "only {:?}", ended.took);
        assert_eq!(client.ping().await.status, 200);
        assert_expired(node, &client).await;
    })
    .await;
}

/// D009. An open stream is enough; once it is closed the session expires.
#[tokio::test]
async fn an_open_stream_keeps_its_session() {
    in_both_stores(impatient(), async |node| {
        let client = node.connect().await;
        let mut stream = client.listen().await;
        stream.assert_silent(Duration::from_millis(2500)).await;
        assert_eq!(client.ping().await.status, 200);
        drop(stream);
        assert_expired(node, &client).await;
    })
    .await;
}

/// D009. Nothing is heard of the client meanwhile.
#[tokio::test]
async fn a_question_that_waits_for_its_answer_keeps_its_session() {
    let settings = impatient().program(Program::CONFORMANCE).set("SSE_AFTER", 1);
    in_both_stores(settings, async |node| {
        let client = Client::builder().capabilities(json!({ "roots": {} }));
        let client = client.connect(node).await;
        let mut call = client.start_call("test_list_roots", json!({})).await;
        let question = call.expect("roots/list").await;
        call.assert_silent(Duration::from_millis(2500)).await;
        client.answer(&question, json!({ "roots": [] })).await;
        assert_eq!(call.rest().await.text(), "Roots: ");
        assert_expired(node, &client).await;
    })
    .await;
}

/// D016: whatever becomes of it, a request of the stateless era has nothing to do
/// with a session, not even with one that it names.
#[tokio::test]
async fn a_stateless_request_neither_opens_nor_keeps_a_session() {
    in_both_stores(impatient(), async |node| {
        let client = node.connect().await;
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let body = suite::client::message(
            json!(1),
            "tools/list",
            json!({ "_meta": meta }),
        );
        let attempt = client
            .attempt("POST")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "tools/list")
            .json(&body);
        // A request that is refused does not keep the session either.
        let picky = client.with_accept("text/plain");
        assert_eq!(picky.ping().await.status, 406, "the session is there");
        eventually("the session expires", PATIENCE, async || {
            let answer = attempt.clone().send().await;
            assert_eq!(answer.header("mcp-session-id"), None);
            assert_ne!(answer.status, 404, "{:?}", answer.body);
            (picky.ping().await.status == 404).then_some(())
        })
        .await;
        let unknown = "11111111-2222-4333-8444-555555555555";
        let named = attempt.clone().header("mcp-session-id", unknown).send().await;
        let unnamed = attempt.without("mcp-session-id").send().await;
        assert_eq!(named.status, unnamed.status, "no session is needed");
        eventually("none was opened", PATIENCE, async || {
            (open_sessions(node).await == Some(0)).then_some(())
        })
        .await;
    })
    .await;
}

/// L038, L108, L172, L184: without a token that we gave out there is nothing to
/// see.
#[tokio::test]
async fn a_stranger_is_asked_for_a_token() {
    let node = Node::builder().set("API_TOKENS", format!("alice={ALICE}"));
    let node = node.start().await;
    let client = Client::builder().token(ALICE).connect(&node).await;
    for stranger in
        [client.with_token("nobody-has-this-token"), client.with_token("")]
    {
        for method in ["POST", "GET", "DELETE"] {
            let answer = stranger.attempt(method).send().await;
            assert_eq!(answer.status, 401, "{method}");
            let challenge = answer.header("www-authenticate").unwrap_or_default();
            assert!(challenge.starts_with("Bearer"), "{method}: {challenge}");
        }
        assert_eq!(add(&stranger, 1, 2).await.status, 401, "a call");
    }
    assert_eq!(client.ping().await.status, 200, "the session took no harm");
}

/// D014, L108, L173, L176: an id is no credential, on no node, with no method.
#[tokio::test]
async fn a_session_of_somebody_else_does_not_exist() {
    let tokens = format!("alice={ALICE},bob={BOB}");
    let cluster = Cluster::of(2, Node::builder().set("API_TOKENS", tokens)).await;
    let alice = Client::builder().token(ALICE).connect(cluster.node(0)).await;
    add(&alice, 1, 2).await;
    for node in &cluster.nodes {
        let bob = alice.at(node).with_token(BOB);
        assert_eq!(bob.ping().await.status, 404, "POST");
        assert_eq!(add(&bob, 1, 2).await.status, 404, "a call");
        assert_eq!(bob.attempt("GET").send().await.status, 404, "GET");
        assert_eq!(bob.end_session().await.status, 404, "DELETE");
    }
    assert_eq!(history(&alice.at(cluster.node(1))).await.len(), 1);
}

#[tokio::test]
async fn one_client_may_have_so_many_sessions_and_no_more() {
    let tokens = format!("alice={ALICE},bob={BOB}");
    let settings =
        Node::builder().set("API_TOKENS", tokens).set("MAX_SESSIONS_PER_CLIENT", 3);
    in_both_stores(settings, async |node| {
        let alice = Client::builder().token(ALICE);
        let first = alice.connect(node).await;
        alice.connect(node).await;
        alice.connect(node).await;
        let refused = alice.initialize(node).await;
        assert_eq!((refused.status, refused.code()), (429, -32600));
        assert_eq!(refused.header("mcp-session-id"), None);
        let bob = Client::builder().token(BOB).initialize(node).await;
        assert_eq!(bob.status, 200, "somebody else is not concerned");
        first.end_session().await;
        assert_eq!(alice.initialize(node).await.status, 200, "one was ended");
    })
    .await;
}

/// D013, L128.
#[tokio::test]
async fn the_log_level_moves_with_the_session() {
    let cluster =
        Cluster::of(2, Node::builder().program(Program::CONFORMANCE)).await;
    let here = cluster.node(0).connect().await;
    let there = here.at(cluster.node(1));
    let logs = async |client: &Client| {
        let call = client.call_tool("test_tool_with_logging", json!({})).await;
        call.notifications("notifications/message").len()
    };
    let set = here.request("logging/setLevel", json!({ "level": "error" })).await;
    assert_eq!(set.result(), json!({}));
    assert_eq!(logs(&there).await, 0, "set on one node, heeded on the other");
    there.request("logging/setLevel", json!({ "level": "debug" })).await;
    assert_eq!(logs(&here).await, 3, "and the other way round");
}

/// D013, L113.
#[tokio::test]
async fn subscriptions_move_with_the_session() {
    let cluster =
        Cluster::of(2, Node::builder().program(Program::CONFORMANCE)).await;
    let here = cluster.node(0).connect().await;
    let there = here.at(cluster.node(1));
    let watched = json!({ "uri": "test://watched-resource" });
    here.request("resources/subscribe", watched.clone()).await.result();
    let mut stream = there.listen().await;
    there.call_tool("test_slow", json!({ "millis": 0 })).await;
    let update = stream.expect("notifications/resources/updated").await;
    assert_eq!(update["params"], watched);
}

/// D013, L113, L128: what one node was told holds for the next call on another one,
/// which remembers the session from before.
#[tokio::test]
async fn a_node_that_remembers_a_session_heeds_what_others_were_told() {
    let cluster = Cluster::with_redis(2).await;
    let here = cluster.node(0).connect().await;
    let there = here.at(cluster.node(1));
    let logs = async || {
        add(&there, 1, 2).await.notifications("notifications/message").len()
    };
    assert_eq!(logs().await, 0);
    here.request("logging/setLevel", json!({ "level": "debug" })).await.result();
    assert_eq!(logs().await, 1);
    here.request("logging/setLevel", json!({ "level": "error" })).await.result();
    assert_eq!(logs().await, 0);

    let mut stream = here.listen().await;
    let history = json!({ "uri": "calculator://history" });
    here.request("resources/subscribe", history.clone()).await.result();
    add(&there, 1, 2).await;
    let update = stream.expect("notifications/resources/updated").await;
    assert_eq!(update["params"], history);
    here.request("resources/unsubscribe", history).await.result();
    let own = json!({ "uri": format!("session://info/{}", here.session_id()) });
    here.request("resources/subscribe", own.clone()).await.result();
    add(&there, 1, 2).await;
    let update = stream.expect("notifications/resources/updated").await;
    assert_eq!(update["params"], own);
}

/// Nothing is stored for a request that is refused, not even that it came.
#[tokio::test]
async fn a_request_that_is_refused_does_not_keep_its_session() {
    in_both_stores(impatient(), async |node| {
        let client = node.connect().await;
        let picky = client.with_accept("text/plain");
        eventually("the session expires", PATIENCE, async || {
            (picky.ping().await.status == 404).then_some(())
        })
        .await;
    })
    .await;
}

/// Sends a request and is gone before the answer: Redis is frozen meanwhile.
async fn fire_and_forget(cluster: &Cluster, request: impl Future) {
    cluster.redis.freeze();
    let gone = tokio::time::timeout(Duration::from_millis(200), request).await;
    cluster.redis.thaw();
    assert!(gone.is_err(), "it was answered");
}

/// L049: a client that does not wait for the answer has not taken it back.
#[tokio::test]
async fn what_a_client_says_is_done_though_it_does_not_wait_for_the_answer() {
    let cluster = Cluster::with_redis(1).await;
    let client = cluster.node(0).connect().await;
    fire_and_forget(&cluster, add(&client, 1, 2)).await;
    eventually("the call runs", PATIENCE, async || {
        (history(&client).await.len() == 1).then_some(())
    })
    .await;

    let mut stream = client.listen().await;
    fire_and_forget(&cluster, client.end_session()).await;
    assert_eq!(stream.event().await, None, "the session has ended, all of it");
}
