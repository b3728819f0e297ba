//! What the later chapters' recordings need, recorded from `final`: two nodes on one
//! Redis, a cut, a pause, a stream that another node writes to.
//!
//! `INSTA_UPDATE=always cargo test -p suite --test recordings_final` makes them anew.

use serde_json::json;
use suite::recorder::{CLIENT, Held, REDIS};
use suite::{Attempt, Client, Node, Pattern, Recorder, RedisServer, Stream};

/// Where the server's Lua scripts are.
const SOURCES: &str = "final/src";

/// Two recorded nodes on one recorded Redis.
struct Pair {
    recorder: Recorder,
    one: Node,
    two: Node,
    _redis: RedisServer,
}

impl Pair {
    async fn start() -> Self {
        let recorder = Recorder::knowing_scripts_of(&[SOURCES]);
        let redis = RedisServer::start().await;
        let node = async |name| {
            let node = Node::builder().set("SSE_AFTER", 60_000);
            recorder.node(name, node, &redis).await
        };
        let (one, two) = (node("node-1").await, node("node-2").await);
        Self { recorder, one, two, _redis: redis }
    }
}

/// A calculation that is being recorded comes after one on each node that is not:
/// so Redis knows the scripts, and the nodes the session.
async fn warm(client: &Client, other: &Node) {
    for client in [client, &client.at(other)] {
        let arguments = json!({ "a": 1, "b": 1, "op": "add" });
        client.call_tool("calculate", arguments).await.result();
    }
}

/// Lets the next message that was ordered pass, when it has come.
async fn pass(mut held: Held) {
    held.arrived().await;
    held.release().await;
}

/// The first look into the log that a node takes for a stream. What is said before it
/// is found by it; a story goes on when it has found nothing.
fn first_look(recorder: &Recorder, node: &str) -> Held {
    recorder.order(Pattern::from(REDIS).to(node).with("read_page.lua"))
}

#[tokio::test]
async fn a_stream_that_is_cut_goes_on_at_another_node() {
    let Pair { recorder, one, two, _redis } = Pair::start().await;
    let here = recorder
        .quietly(async {
            let asks = json!({ "elicitation": {} });
            let client = Client::builder().capabilities(asks).connect(&one).await;
            warm(&client, &two).await;
            client
        })
        .await;
    let there = here.at(&two);
    recorder.session(here.session_id());

    recorder
        .cut_after(Pattern::from("node-1").to(CLIENT).with("elicitation/create"));
    let asks = Pattern::from("node-1").to(REDIS).with("elicitation/create");
    let asks = recorder.order(asks);
    let mut call = here.start_call("confirm_clear", json!({})).await;
    let first = call.event().await.and_then(|event| event.id);
    pass(asks).await;
    let question = call.event().await.unwrap_or_default();
    assert_eq!(call.event().await, None, "the stream is cut");
    assert!(first.is_some());
    let asked = question.message().unwrap_or_default();

    let last = question.id.unwrap_or_default();
    let hint = |node: &str, what: &str| {
        recorder.order(Pattern::from(REDIS).to(node).with("mcp:node:").with(what))
    };
    let claimed = hint("node-1", " claimed c");
    let mut look = hint("node-1", " look");
    let mut news = hint("node-2", " read c");
    let first = first_look(&recorder, "node-2");
    let mut stream: Stream = there.resume(&last).await;
    pass(claimed).await;
    pass(first).await;
    let answer = json!({ "action": "accept", "content": { "confirm": true } });
    assert_eq!(there.answer(&asked, answer).await.status, 202);
    look.arrived().await;
    let finished = Pattern::from(REDIS).to("node-1").with("finish_call.lua");
    let mut finished = recorder.order(finished);
    look.release().await;
    finished.arrived().await;
    news.arrived().await;
    finished.release().await;
    news.release().await;
    let end = stream.message().await.unwrap_or_default();
    assert!(end["result"]["content"][0]["text"].is_string(), "{end}");
    assert_eq!(stream.event().await, None, "the stream ends");
    recorder.keep_transcript("final/resumed");
    recorder.keep_sequence("final/resumed");
}

#[tokio::test]
async fn a_write_that_comes_too_late_brings_nothing_back() {
    let Pair { recorder, one, two, _redis } = Pair::start().await;
    let here = recorder
        .quietly(async {
            let client = Client::connect(&one).await;
            warm(&client, &two).await;
            client
        })
        .await;
    recorder.session(here.session_id());

    let write = Pattern::from("node-1").to(REDIS).with("\"operation\":\"add\"");
    let mut held = recorder.hold(write);
    let calls = here.clone();
    let call = tokio::spawn(async move {
        let arguments = json!({ "a": 100, "b": 50, "op": "add" });
        calls.call_tool("calculate", arguments).await
    });
    held.arrived().await;
    assert_eq!(here.at(&two).end_session().await.status, 204);
    held.release().await;
    let late = call.await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(late.status, 404, "{late:?}");
    recorder.keep_transcript("final/too-late");
    recorder.keep_sequence("final/too-late");
}

#[tokio::test]
async fn a_stream_hears_of_what_another_node_does() {
    let Pair { recorder, one, two, _redis } = Pair::start().await;
    let here = recorder
        .quietly(async {
            let client = Client::connect(&one).await;
            warm(&client, &two).await;
            client
        })
        .await;
    recorder.session(here.session_id());

    let history = json!({ "uri": "calculator://history" });
    here.request("resources/subscribe", history).await.result();
    let look = first_look(&recorder, "node-1");
    let mut stream = here.listen().await;
    pass(look).await;
    let order = |pattern: Pattern| recorder.order(pattern);
    let told = order(
        Pattern::from(REDIS)
            .to("node-2")
            .with("send_to_get_stream.lua")
            .with("history"),
    );
    let mut hint = order(Pattern::from(REDIS).to("node-1").with(" read g"));
    let answer = order(Pattern::from("node-2").to(CLIENT).with("200 OK"));
    let there = here.at(&two);
    let call = tokio::spawn(async move {
        let arguments = json!({ "a": 100, "b": 50, "op": "add" });
        there.call_tool("calculate", arguments).await.result()
    });
    pass(told).await;
    hint.arrived().await;
    pass(answer).await;
    call.await.unwrap_or_else(|error| panic!("{error}"));
    hint.release().await;
    stream.expect("notifications/resources/updated").await;
    recorder.keep_transcript("final/told");
    recorder.keep_sequence("final/told");
}

/// What is left out is left out by its kind, not by its time.
#[tokio::test]
async fn health_and_metrics_are_not_part_of_a_story() {
    let recorder = Recorder::default();
    let node = recorder.front(CLIENT, "server", Node::start().await).await;
    for path in ["/health", "/metrics"] {
        Attempt::new(node.address(), "GET").path(path).send().await;
    }
    assert_eq!(recorder.transcript(), "");
}
