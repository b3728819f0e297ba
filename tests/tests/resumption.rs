//! The tunnel: streams break, nodes die, and every event arrives once, in order.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use serde_json::{Value, json};
use suite::{
    Client, Cluster, Event, Node, NodeBuilder, PATIENCE, Program, Storage, Stream,
    eventually,
};

/// How soon another node is declared dead in these stories.
const LEASE: u64 = 1500;

fn fixture() -> NodeBuilder {
    Node::builder()
        .program(Program::CONFORMANCE)
        .set("SSE_AFTER", 1)
        .set("NODE_LEASE", LEASE)
}

/// What a client keeps of a stream that it reads in pieces.
#[derive(Default)]
struct Reading {
    last: String,
    ids: Vec<String>,
    numbers: Vec<u64>,
    answer: Option<Value>,
}

impl Reading {
    fn take(&mut self, event: &Event) {
        if let Some(id) = &event.id {
            assert!(!self.ids.contains(id), "{id} came twice");
            self.ids.push(id.clone());
            self.last.clone_from(id);
        }
        let Some(message) = event.message() else { return };
        match message["params"]["data"].as_u64() {
            Some(number) => self.numbers.push(number),
            None => self.answer = Some(message),
        }
    }

    /// Reads at most `count` events; `false` at the end of the stream.
    async fn some(&mut self, stream: &mut Stream, count: usize) -> bool {
        for _ in 0..count {
            match stream.event().await {
                Some(event) => self.take(&event),
                None => return false,
            }
        }
        true
    }

    async fn all(&mut self, stream: &mut Stream) {
        while self.some(stream, 1).await {}
    }

    fn assert_counted(&self, to: u64) {
        assert_eq!(self.numbers, (1..=to).collect::<Vec<_>>(), "once, in order");
        let answer = self.answer.as_ref().expect("an answer");
        assert_eq!(
            answer["result"]["content"][0]["text"],
            format!("Counted to {to}.")
        );
    }
}

/// Makes a test of each story for every kind of storage that nodes may share.
macro_rules! on_every_storage {
    (@$module:ident $storage:ident $($story:ident)*) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $story() {
                    super::$story(suite::Storage::$storage).await;
                }
            )*
        }
    };
    ($($story:ident)*) => {
        on_every_storage! { @one_server OneServer $($story)* }
        on_every_storage! { @with_password WithPassword $($story)* }
        on_every_storage! { @redis_cluster RedisCluster $($story)* }
    };
}

on_every_storage! {
    a_stream_goes_on_at_any_node
    an_answer_that_nobody_was_there_to_read_is_not_lost
    only_the_session_itself_can_resume_its_streams
    an_answer_finds_the_node_that_asked
    a_cancellation_finds_the_node_that_runs_the_call
    an_id_that_is_in_flight_elsewhere_is_refused
    a_change_is_told_on_the_stream_wherever_it_is_held
    what_is_to_be_told_waits_for_the_next_stream
    a_get_on_another_node_takes_the_place_of_the_first
    a_get_stream_goes_on_after_its_node_was_killed
    a_call_whose_node_was_killed_ends_with_an_error
    the_end_of_a_session_ends_its_streams_on_all_nodes
    a_node_that_drains_hands_its_streams_over
}

async fn count(client: &Client, to: u64, burst: u64, millis: u64) -> Stream {
    let arguments = json!({ "to": to, "burst": burst, "millis": millis });
    client.start_call("test_count", arguments).await
}

/// Comes back until the stream has ended, each time to the next node.
async fn tour(client: &Client, nodes: &[&Node], mut stream: Stream) -> Reading {
    let mut reading = Reading::default();
    let mut reconnects = 0;
    while reading.some(&mut stream, 23).await {
        drop(stream);
        reconnects += 1;
        let next = nodes[reconnects % nodes.len()];
        stream = client.at(next).resume(&reading.last).await;
        assert_eq!(stream.status, 200, "reconnect {reconnects}");
    }
    assert!(reconnects >= 20, "{reconnects} reconnects");
    reading
}

/// D003, D006, L045, L050, L056, L058, L060, in memory.
#[tokio::test]
async fn five_hundred_events_and_twenty_reconnects_lose_and_double_nothing() {
    let node = fixture().start().await;
    let client = node.connect().await;
    let stream = count(&client, 500, 50, 20).await;
    tour(&client, &[&node], stream).await.assert_counted(500);
}

/// The same on two nodes: D003, D006, L050, L056, L058, L060.
async fn a_stream_goes_on_at_any_node(storage: Storage) {
    let cluster = Cluster::on(storage, 2, fixture()).await;
    let client = cluster.node(0).connect().await;
    let stream = count(&client, 500, 50, 20).await;
    let nodes = [cluster.node(0), cluster.node(1)];
    tour(&client, &nodes, stream).await.assert_counted(500);
}

/// D005: the answer is there for whoever comes back, also on another node.
async fn an_answer_that_nobody_was_there_to_read_is_not_lost(storage: Storage) {
    let cluster = Cluster::on(storage, 2, fixture()).await;
    let client = cluster.node(0).connect().await;
    for back in [cluster.node(0), cluster.node(1)] {
        let mut reading = Reading::default();
        let mut stream = count(&client, 20, 10, 50).await;
        reading.some(&mut stream, 3).await;
        drop(stream);
        let last = reading.last.clone();
        eventually("the call has ended", PATIENCE, async || {
            let mut again = Reading::default();
            again.all(&mut client.at(back).resume(&last).await).await;
            again.answer
        })
        .await;
        // And a second time, because nothing is used up by reading it.
        reading.all(&mut client.at(back).resume(&last).await).await;
        reading.assert_counted(20);
    }
}

/// L043, L044, L060, L203: the server lets go of the connection, and the client
/// comes back.
#[tokio::test]
async fn a_call_may_let_go_of_its_connection() {
    let cluster = Cluster::of(2, fixture()).await;
    let client = cluster.node(0).connect().await;
    let mut stream = client.start_call("test_reconnection", json!({})).await;
    let priming = stream.event().await.expect("a priming event");
    assert_eq!(priming.data.as_deref(), Some(""));
    let id = priming.id.expect("an id");
    let farewell = stream.event().await.expect("a farewell");
    assert!(farewell.retry.is_some() && farewell.message().is_none());
    assert_eq!(stream.event().await, None);
    let resumed = client.at(cluster.node(1)).resume(&id).await.rest().await;
    assert_eq!(resumed.text(), "The call has run to its end.");

    // An older client has no id to come back with, so its connection is held.
    let older = Client::builder().version("2025-06-18");
    let older = older.connect(cluster.node(0)).await;
    let held = older.call_tool("test_reconnection", json!({})).await;
    assert_eq!(held.text(), "The call has run to its end.");
}

/// D004, D007, D014, L059: what is not one's own cannot be seen, and says nothing.
async fn only_the_session_itself_can_resume_its_streams(storage: Storage) {
    let nodes = fixture().set("API_TOKENS", "alice=a-token,bob=b-token");
    let cluster = Cluster::on(storage, 2, nodes).await;
    let alice = Client::builder().token("a-token");
    let first = alice.connect(cluster.node(0)).await;
    let second = alice.connect(cluster.node(0)).await;
    let mut reading = Reading::default();
    let mut stream = count(&first, 3, 1, 1).await;
    reading.some(&mut stream, 2).await;
    reading.all(&mut stream).await;
    let seen = reading.ids[0].clone();

    for node in &cluster.nodes {
        let foreign = second.at(node).resume(&seen).await.rest().await;
        assert_eq!((foreign.status, foreign.code()), (400, -32600));
        let told = foreign.error().to_string();
        assert!(told.contains("unknown"), "{told}");
        let stolen = first.at(node).with_token("b-token").resume(&seen).await;
        assert_eq!(stolen.rest().await.status, 404);
    }
    let over = first.resume(&reading.last).await.rest().await;
    assert_eq!((over.status, over.code()), (400, -32600), "nothing can follow");
    for id in ["c1", "c1.", "c1.1-0", "c01.1-0", "g9.99-9", "../c1.1-0", ""] {
        let unknown = first.resume(id).await.rest().await;
        assert_eq!((unknown.status, unknown.code()), (400, -32600), "{id:?}");
    }
    let mut again = Reading::default();
    again.all(&mut first.at(cluster.node(1)).resume(&seen).await).await;
    assert_eq!(again.ids, reading.ids[1..], "strictly after");
}

/// D007: what is no longer kept is said, not skipped.
#[tokio::test]
async fn an_event_that_was_evicted_cannot_be_resumed() {
    let bounded = fixture().set("EVENT_LOG_ENTRIES", 10);
    let cluster = Cluster::of(1, bounded.clone()).await;
    for node in [&bounded.start().await, cluster.node(0)] {
        let client = node.connect().await;
        let mut reading = Reading::default();
        let mut stream = count(&client, 5, 5, 0).await;
        reading.all(&mut stream).await;
        let first = reading.ids[0].clone();
        count(&client, 20, 1, 1).await.rest().await;
        let evicted = client.resume(&first).await.rest().await;
        assert_eq!((evicted.status, evicted.code()), (400, -32600));
    }
}

/// D010: the question is asked by one node and answered to the other. D002, L004:
/// no id of a question is given twice in a session, on whichever node it is asked.
async fn an_answer_finds_the_node_that_asked(storage: Storage) {
    let cluster = Cluster::on(storage, 2, fixture()).await;
    let client = Client::builder()
        .capabilities(json!({ "elicitation": {}, "roots": {} }))
        .connect(cluster.node(0))
        .await;
    let other = client.at(cluster.node(1));
    let mut ids = Vec::new();
    for turn in 0..6 {
        let (asked, other) = match turn % 2 {
            0 => (&client, &other),
            _ => (&other, &client),
        };
        let message = json!({ "message": "Who are you?" });
        let mut call = asked.start_call("test_elicitation", message).await;
        let question = call.expect("elicitation/create").await;
        assert!(!ids.contains(&question["id"]), "{question}");
        ids.push(question["id"].clone());
        let user = json!({ "username": "ada", "email": "a@b.example" });
        let form = json!({ "action": "accept", "content": user });
        assert_eq!(other.answer(&question, form.clone()).await.status, 202);
        let told = call.rest().await.text();
        assert!(told.contains("accept") && told.contains("ada"), "{told}");
        assert_eq!(other.answer(&question, form).await.status, 202, "dropped");
    }
    let mut call = client.start_call("test_list_roots", json!({})).await;
    let question = call.expect("roots/list").await;
    assert_eq!(other.refuse(&question, "no").await.status, 202);
    assert_eq!(call.rest().await.error()["code"], -32603);
}

/// D012, L080: a call is cancelled through the node that does not run it.
async fn a_cancellation_finds_the_node_that_runs_the_call(storage: Storage) {
    let cluster = Cluster::on(storage, 2, fixture()).await;
    let client = cluster.node(0).connect().await;
    let id = client.next_id();
    let params = json!({ "name": "test_slow", "arguments": { "millis": 60_000 } });
    let message = suite::client::message(id.into(), "tools/call", params);
    let call = client.attempt("POST").json(&message).open().await;
    assert!(call.is_stream());
    let other = client.at(cluster.node(1));
    assert_eq!(other.cancel(id).await.status, 202);
    let ended = call.rest().await;
    let answered = |m: &Value| m.get("method").is_none();
    assert!(!ended.messages().iter().any(answered), "{ended:#?}");
    let again = other.request_as(id, "ping", json!({})).await;
    assert_eq!(again.status, 200, "the id may be used again");
}

/// D008 on two nodes: refused as soon as it would be a stream.
async fn an_id_that_is_in_flight_elsewhere_is_refused(storage: Storage) {
    let cluster = Cluster::on(storage, 2, fixture()).await;
    let client = cluster.node(0).connect().await;
    let slow = json!({ "name": "test_slow", "arguments": { "millis": 1000 } });
    let message = suite::client::message(json!(77), "tools/call", slow);
    let call = client.attempt("POST").json(&message).open().await;
    let other = client.at(cluster.node(1));
    let second = other.attempt("POST").json(&message).send().await;
    assert_eq!((second.status, second.code()), (400, -32600));
    assert_eq!(second.response()["id"], 77);
    assert_eq!(call.rest().await.text(), "That took 1000 ms.");
    assert_eq!(other.request_as(77, "ping", json!({})).await.status, 200);
}

/// D011: a change on one node is told on the stream that another one holds, once.
async fn a_change_is_told_on_the_stream_wherever_it_is_held(storage: Storage) {
    let cluster = Cluster::on(storage, 2, Node::builder()).await;
    let client = cluster.node(0).connect().await;
    let (here, there) = (cluster.node(0), cluster.node(1));
    for uri in ["calculator://history", "calculator://stats"] {
        let uri = json!({ "uri": uri });
        client.at(there).request("resources/subscribe", uri).await.result();
    }
    let mut stream = client.at(here).listen().await;
    let sum = json!({ "a": 1, "b": 2, "op": "add" });
    client.at(there).call_tool("calculate", sum.clone()).await.result();
    let mut told = Vec::new();
    for _ in 0..2 {
        let update = stream.expect("notifications/resources/updated").await;
        told.push(update["params"]["uri"].to_string());
    }
    told.sort();
    assert_eq!(told, [r#""calculator://history""#, r#""calculator://stats""#]);
    stream.assert_silent(Duration::from_millis(1200)).await;

    // Another session's calculation changes the figures of the deployment.
    there.connect().await.call_tool("calculate", sum).await.result();
    let update = stream.expect("notifications/resources/updated").await;
    assert_eq!(update["params"]["uri"], "calculator://stats");
}

/// D011: while no stream is open, what is to be told waits.
async fn what_is_to_be_told_waits_for_the_next_stream(storage: Storage) {
    let cluster = Cluster::on(storage, 2, Node::builder()).await;
    for (writer, reader) in [(0, 1), (0, 0)] {
        let client = cluster.node(writer).connect().await;
        let uri = json!({ "uri": "calculator://history" });
        client.request("resources/subscribe", uri).await.result();
        let sum = json!({ "a": 1, "b": 2, "op": "add" });
        for _ in 0..3 {
            client.call_tool("calculate", sum.clone()).await.result();
        }
        let mut stream = client.at(cluster.node(reader)).listen().await;
        stream.expect("notifications/resources/updated").await;
        // The same thing is told once, however often it happened.
        stream.assert_silent(Duration::from_millis(100)).await;
    }
}

/// A12, L054, L055 on two nodes; the older one cannot take the stream back.
async fn a_get_on_another_node_takes_the_place_of_the_first(storage: Storage) {
    let cluster = Cluster::on(storage, 2, Node::builder()).await;
    let client = cluster.node(0).connect().await;
    let uri = json!({ "uri": "calculator://history" });
    client.request("resources/subscribe", uri).await.result();
    let mut first = client.attempt("GET").open().await;
    let id = first.event().await.and_then(|priming| priming.id).expect("an id");
    let mut second = client.at(cluster.node(1)).listen().await;
    let refused = client.resume(&id).await.rest().await;
    assert_eq!((refused.status, refused.code()), (400, -32600));
    let sum = json!({ "a": 1, "b": 2, "op": "add" });
    client.call_tool("calculate", sum).await.result();
    second.expect("notifications/resources/updated").await;
    let get = "mcp_streams_open{kind=\"get\"}";
    assert_eq!(cluster.node(0).metric(get).await, Some(1.0), "it stays open");
    client.end_session().await;
    assert_eq!(first.event().await, None, "until the session ends, in silence");
}

/// L058, L060: the GET stream goes on at the other node, with what came meanwhile.
async fn a_get_stream_goes_on_after_its_node_was_killed(storage: Storage) {
    let mut cluster = Cluster::on(storage, 2, Node::builder()).await;
    let client = cluster.node(0).connect().await;
    let uri = json!({ "uri": "calculator://history" });
    client.request("resources/subscribe", uri).await.result();
    let mut stream = client.attempt("GET").open().await;
    let id = stream.event().await.and_then(|priming| priming.id).expect("an id");
    cluster.nodes[0].kill();
    let other = client.at(cluster.node(1));
    let sum = json!({ "a": 1, "b": 2, "op": "add" });
    other.call_tool("calculate", sum.clone()).await.result();
    let mut resumed = other.resume(&id).await;
    resumed.expect("notifications/resources/updated").await;
    other.call_tool("calculate", sum).await.result();
    resumed.expect("notifications/resources/updated").await;
}

/// A call whose node was killed ends with an error for whoever waits for it.
async fn a_call_whose_node_was_killed_ends_with_an_error(storage: Storage) {
    let mut cluster = Cluster::on(storage, 3, fixture()).await;
    let client = cluster.node(0).connect().await;
    let mut reading = Reading::default();
    let mut stream = count(&client, 10_000, 1, 20).await;
    reading.some(&mut stream, 5).await;
    drop(stream);
    // One client is there before the node dies, another one comes later.
    let mut early = client.at(cluster.node(1)).resume(&reading.last).await;
    reading.some(&mut early, 5).await;
    cluster.nodes[0].kill();
    reading.all(&mut early).await;
    let lost = reading.answer.clone().expect("an answer");
    assert_eq!(lost["error"]["code"], -32603, "{lost}");
    assert_eq!(
        reading.numbers,
        (1..=reading.numbers.len() as u64).collect::<Vec<_>>()
    );

    let mut late = Reading::default();
    late.all(&mut client.at(cluster.node(2)).resume(&reading.ids[0]).await).await;
    assert_eq!(late.answer, Some(lost), "the same for all");
    let id = reading.answer.map(|answer| answer["id"].clone()).unwrap_or_default();
    let again = client.at(cluster.node(1)).request_as(id, "ping", json!({})).await;
    assert_eq!(again.status, 200, "the id may be used again");
}

/// The verdict on a node goes by its lease, and not by the subscription to news.
#[tokio::test]
async fn a_dead_nodes_call_ends_while_the_subscription_flaps() {
    let mut cluster = Cluster::of(2, fixture()).await;
    let client = cluster.node(0).connect().await;
    let mut reading = Reading::default();
    let mut stream = count(&client, 10_000, 1, 20).await;
    reading.some(&mut stream, 5).await;
    let mut resumed = client.at(cluster.node(1)).resume(&reading.last).await;
    reading.some(&mut resumed, 5).await;
    let Cluster { nodes, redis, .. } = &mut cluster;
    let flapping = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(LEASE / 4));
        loop {
            ticks.tick().await;
            redis.command(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;
        }
    };
    let waiting = async {
        nodes[0].kill();
        reading.all(&mut resumed).await;
    };
    tokio::select! { () = flapping => {}, () = waiting => {} }
    let lost = reading.answer.expect("an answer");
    assert_eq!(lost["error"]["code"], -32603, "{lost}");
}

/// A node that was frozen, and taken for dead, does not speak up again.
#[tokio::test]
async fn a_node_that_was_taken_for_dead_says_nothing_more() {
    let cluster = Cluster::of(2, fixture()).await;
    let client = cluster.node(0).connect().await;
    let mut reading = Reading::default();
    let mut stream = count(&client, 400, 1, 20).await;
    reading.some(&mut stream, 5).await;
    drop(stream);
    cluster.node(0).freeze();
    let mut resumed = client.at(cluster.node(1)).resume(&reading.last).await;
    reading.all(&mut resumed).await;
    let lost = reading.answer.clone().expect("an answer");
    assert_eq!(lost["error"]["code"], -32603, "{lost}");
    cluster.node(0).thaw();
    eventually("the node is back", PATIENCE, async || {
        (client.ping().await.status == 200).then_some(())
    })
    .await;
    // Whatever it still wanted to say was refused: the answer stays the last word.
    for _ in 0..10 {
        let over = client.resume(&reading.last).await.rest().await;
        assert_eq!(over.status, 400, "{:?}", over.body);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Redis dies under a stream and comes back with its data: nothing is lost.
#[tokio::test]
async fn a_stream_survives_its_storage() {
    let mut cluster = Cluster::of(2, fixture()).await;
    let client = cluster.node(0).connect().await;
    let mut reading = Reading::default();
    let mut stream = count(&client, 100, 1, 20).await;
    reading.some(&mut stream, 10).await;
    cluster.redis.kill();
    cluster.redis.restart().await;
    reading.all(&mut stream).await;
    reading.assert_counted(100);
}

/// Redis comes back empty: what was open ends, because its session is gone.
#[tokio::test]
async fn streams_end_when_storage_comes_back_empty() {
    let mut cluster = Cluster::of(2, fixture()).await;
    let client = cluster.node(0).connect().await;
    let mut listening = client.listen().await;
    let mut call = count(&client, 10_000, 1, 20).await;
    let mut reading = Reading::default();
    reading.some(&mut call, 5).await;
    cluster.redis.restart_empty().await;
    assert_eq!(listening.event().await, None, "the GET stream");
    reading.all(&mut call).await;
    assert_eq!(reading.answer, None, "the session of the call is gone");
    eventually("404", PATIENCE, async || {
        (client.ping().await.status == 404).then_some(())
    })
    .await;
}

/// D001 for streams: ended on one node, closed on the other.
async fn the_end_of_a_session_ends_its_streams_on_all_nodes(storage: Storage) {
    let cluster = Cluster::on(storage, 2, fixture()).await;
    let client = cluster.node(0).connect().await;
    let mut listening = client.listen().await;
    let mut call = count(&client, 10_000, 1, 20).await;
    Reading::default().some(&mut call, 5).await;
    let other = client.at(cluster.node(1));
    assert_eq!(other.end_session().await.status, 204);
    assert_eq!(listening.event().await, None, "the GET stream");
    let mut rest = Reading::default();
    rest.all(&mut call).await;
    assert_eq!(rest.answer, None, "the call");
}

/// D017, L054: a node that drains hands its streams over, and its calls run to
/// their end.
async fn a_node_that_drains_hands_its_streams_over(storage: Storage) {
    let mut cluster =
        Cluster::on(storage, 2, fixture().set("DRAIN_DELAY", 100)).await;
    let client = cluster.node(0).connect().await;
    let other = client.at(cluster.node(1));
    let mut listening = client.attempt("GET").open().await;
    let listening_id =
        listening.event().await.and_then(|event| event.id).expect("an id");
    let mut reading = Reading::default();
    let mut stream = count(&client, 50, 1, 20).await;
    reading.some(&mut stream, 3).await;
    cluster.node(0).terminate();
    reading.all(&mut stream).await;
    assert_eq!(reading.answer, None, "the call goes on elsewhere");
    assert!(listening.event().await.is_some_and(|event| event.retry.is_some()));
    assert_eq!(listening.event().await, None);

    assert_eq!(other.resume(&listening_id).await.status, 200);
    let mut resumed = other.resume(&reading.last).await;
    reading.all(&mut resumed).await;
    reading.assert_counted(50);
    assert!(cluster.nodes[0].wait(PATIENCE).await.success());
}

/// What is still running at the deadline is an error, and not silence.
#[tokio::test]
async fn a_call_that_outlasts_the_drain_is_recorded_as_failed() {
    let nodes = fixture().set("DRAIN_DEADLINE", 300);
    let mut cluster = Cluster::of(2, nodes).await;
    let client = cluster.node(0).connect().await;
    let mut reading = Reading::default();
    let mut stream = count(&client, 10_000, 1, 20).await;
    reading.some(&mut stream, 3).await;
    cluster.node(0).terminate();
    reading.all(&mut stream).await;
    let mut resumed = client.at(cluster.node(1)).resume(&reading.last).await;
    reading.all(&mut resumed).await;
    let failed = reading.answer.expect("an answer");
    assert_eq!(failed["error"]["code"], -32603, "{failed}");
    assert!(cluster.nodes[0].wait(PATIENCE).await.success());
}

/// D018: a reader that never reads is disconnected, and may come back.
#[tokio::test]
async fn a_reader_that_never_reads_is_disconnected_and_can_resume() {
    let roomy = fixture().set("EVENT_LOG_BYTES", 100_000_000);
    let cluster = Cluster::of(1, roomy.set("SSE_STALL", 300)).await;
    let client = cluster.node(0).connect().await;
    let flood = json!({ "messages": 1500, "bytes": 20_000 });
    let mut stalled = client.start_call("test_flood", flood).await;
    let id = stalled.event().await.and_then(|event| event.id).expect("an id");
    let mut busy = count(&client, 100, 1, 1).await;
    let mut reading = Reading::default();
    reading.all(&mut busy).await;
    reading.assert_counted(100);
    eventually("the reader is cut off", PATIENCE, async || {
        cluster.node(0).stderr().contains("is cut off").then_some(())
    })
    .await;
    let resumed = client.resume(&id).await;
    assert_eq!(resumed.status, 200, "what it has missed is still there");
}

/// Evicting the beginning of an older stream costs the newer one nothing.
#[tokio::test]
async fn a_full_log_takes_a_burst_without_a_loss() {
    let bounded = fixture().set("EVENT_LOG_ENTRIES", 50);
    let cluster = Cluster::of(1, bounded.clone()).await;
    for node in [&bounded.start().await, cluster.node(0)] {
        let client = node.connect().await;
        for _ in 0..5 {
            let mut reading = Reading::default();
            let mut stream = count(&client, 20, 20, 0).await;
            reading.all(&mut stream).await;
            reading.assert_counted(20);
        }
    }
}

/// D007: a stream on which nothing was said since is complete, however old.
#[tokio::test]
async fn a_quiet_stream_can_be_resumed_after_its_last_event_was_evicted() {
    let bounded = fixture().set("EVENT_LOG_ENTRIES", 5);
    let cluster = Cluster::of(1, bounded.clone()).await;
    for node in [&bounded.start().await, cluster.node(0)] {
        let client = node.connect().await;
        let watched = json!({ "uri": "test://watched-resource" });
        client.request("resources/subscribe", watched).await.result();
        let mut stream = client.attempt("GET").open().await;
        let id = stream.event().await.and_then(|event| event.id).expect("an id");
        count(&client, 20, 1, 1).await.rest().await;
        drop(stream);
        let mut resumed = client.resume(&id).await;
        assert_eq!(resumed.status, 200);
        client.call_tool("test_slow", json!({ "millis": 0 })).await;
        resumed.expect("notifications/resources/updated").await;
    }
}

/// L055, D006: the connection that a stream was taken from says nothing more.
#[tokio::test]
async fn a_stream_is_sent_on_one_connection_only() {
    let cluster = Cluster::of(2, fixture()).await;
    let client = cluster.node(0).connect().await;
    for other in [cluster.node(0), cluster.node(1)] {
        let mut before = Reading::default();
        let mut old = count(&client, 300, 1, 5).await;
        before.some(&mut old, 5).await;
        let mut after = Reading::default();
        let mut new = client.at(other).resume(&before.last).await;
        after.some(&mut new, 1).await;
        before.all(&mut old).await;
        assert_eq!(before.answer, None, "it ended when it was taken over");
        after.all(&mut new).await;
        assert!(after.answer.is_some());
        let both = before.ids.iter().filter(|id| after.ids.contains(id)).count();
        assert!(both < 100, "{both} events were sent twice");
    }
}

/// D012 before the call is a stream: only its own node knows it.
#[tokio::test]
async fn a_call_that_is_no_stream_yet_is_cancelled_through_another_node() {
    let cluster = Cluster::of(2, fixture().set("SSE_AFTER", 60_000)).await;
    let client = cluster.node(0).connect().await;
    let id = client.next_id();
    let params = json!({ "name": "test_slow", "arguments": { "millis": 60_000 } });
    let call = tokio::spawn({
        let client = client.clone();
        async move { client.request_as(id, "tools/call", params).await }
    });
    let other = client.at(cluster.node(1));
    // Whether the call has begun cannot be seen, so it is cancelled until it ends.
    eventually("the call ends", PATIENCE, async || {
        other.cancel(id).await;
        call.is_finished().then_some(())
    })
    .await;
}

/// D007: there is nothing to tell after the last event of a cancelled call.
#[tokio::test]
async fn a_cancelled_stream_cannot_be_resumed_at_its_last_event() {
    let cluster = Cluster::of(1, fixture()).await;
    for node in [&fixture().start().await, cluster.node(0)] {
        let client = node.connect().await;
        let id = client.next_id();
        let arguments = json!({ "to": 10_000, "burst": 1, "millis": 20 });
        let params = json!({ "name": "test_count", "arguments": arguments });
        let message = suite::client::message(id.into(), "tools/call", params);
        let mut stream = client.attempt("POST").json(&message).open().await;
        let mut reading = Reading::default();
        reading.some(&mut stream, 5).await;
        client.cancel(id).await;
        reading.all(&mut stream).await;
        let over = client.resume(&reading.last).await.rest().await;
        assert_eq!((over.status, over.code()), (400, -32600));
    }
}

/// D011: what was said on the stream of a node that died is told to the next one,
/// for clients that have no id to come back with.
#[tokio::test]
async fn what_a_dead_node_was_to_tell_is_told_by_the_next() {
    let mut cluster = Cluster::with_redis(2).await;
    let older = Client::builder().version("2025-06-18");
    let client = older.connect(cluster.node(0)).await;
    let uri = json!({ "uri": "calculator://history" });
    client.request("resources/subscribe", uri).await.result();
    let _stream = client.listen().await;
    cluster.nodes[0].kill();
    let other = client.at(cluster.node(1));
    let sum = json!({ "a": 1, "b": 2, "op": "add" });
    other.call_tool("calculate", sum).await.result();
    let mut stream = other.listen().await;
    stream.expect("notifications/resources/updated").await;
    stream.assert_silent(Duration::from_millis(100)).await;
}

/// Ids are kept and repeated, so they are bounded like everything that is kept.
#[tokio::test]
async fn an_id_is_not_as_long_as_a_message() {
    let node = fixture().start().await;
    let client = node.connect().await;
    let longest = "x".repeat(256);
    let answer = client.request_as(longest.clone(), "ping", json!({})).await;
    assert_eq!(answer.response()["id"], longest);
    let longer = "x".repeat(257);
    let refused = client.request_as(longer.clone(), "ping", json!({})).await;
    assert_eq!((refused.status, refused.code()), (400, -32600));
    let steps = json!({});
    let call =
        client.start_call_with_progress("test_tool_with_progress", steps, longer);
    let silent = call.await.rest().await;
    assert!(silent.notifications("notifications/progress").is_empty());
}

/// D018: also a reader that has come back and takes nothing of what it missed.
#[tokio::test]
async fn a_reader_of_the_past_that_never_reads_is_disconnected() {
    let roomy = fixture().set("EVENT_LOG_BYTES", 100_000_000);
    let node = roomy.set("SSE_STALL", 300).start().await;
    let client = node.connect().await;
    let flood = json!({ "messages": 1500, "bytes": 20_000 });
    let mut stream = client.start_call("test_flood", flood).await;
    let id = stream.event().await.and_then(|event| event.id).expect("an id");
    drop(stream.rest().await);
    let _stalled = client.resume(&id).await;
    eventually("the reader is cut off", PATIENCE, async || {
        node.stderr().contains("is cut off").then_some(())
    })
    .await;
}

/// The trail names what was asked and how it ended, on whichever node.
#[tokio::test]
async fn the_audit_trail_is_the_sessions_own() {
    let cluster = Cluster::with_redis(2).await;
    for client in
        [Node::start().await.connect().await, cluster.node(0).connect().await]
    {
        let sum = json!({ "a": 1, "b": 0, "op": "divide" });
        client.call_tool("calculate", sum).await.result();
        client.request("no/such/method", json!({})).await.error();
        let trail = client.read("session://events").await.resource();
        let told: Vec<String> = trail
            .as_array()
            .into_iter()
            .flatten()
            .map(|entry| {
                let [kind, method, outcome] =
                    ["kind", "method", "outcome"].map(|name| entry[name].as_str());
                let outcome = outcome.unwrap_or_default();
                format!("{} {} {outcome}", kind.unwrap(), method.unwrap())
            })
            .collect();
        assert_eq!(
            told,
            [
                "request tools/call ",
                "response tools/call ok",
                "request no/such/method ",
                "response no/such/method refused",
            ]
        );
        assert!(trail[0]["params"].as_str().unwrap().contains("divide"));
        assert!(trail[1]["result"].as_str().unwrap().contains("isError"));
    }
}

/// Bounded in number and in size, and off if that is wanted.
#[tokio::test]
async fn the_audit_trail_is_bounded_and_can_be_turned_off() {
    let node = Node::builder().set("AUDIT_EVENTS", 3).start().await;
    let client = node.connect().await;
    let long = "x".repeat(100_000);
    client.ping().await;
    client.call_tool("calculate", json!({ "op": long })).await.result();
    let trail = client.read("session://events").await.resource();
    assert_eq!(trail.as_array().map(Vec::len), Some(3));
    assert!(trail.to_string().contains("xxx"), "the long one is among them");
    assert!(trail.to_string().len() < 3_000, "{trail}");

    let node = Node::builder().set("AUDIT_EVENTS", 0).start().await;
    let client = node.connect().await;
    assert_eq!(client.read("session://events").await.code(), -32002);
    let listed = client.request("resources/list", json!({})).await.result();
    assert!(!listed.to_string().contains("session://events"));
}
