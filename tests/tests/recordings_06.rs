//! The recordings of chapter 06: a session that continues at a node that never met its
//! client, one that its client knows before Redis does, one that is ended everywhere,
//! and one that Redis has lost.
//!
//! `INSTA_UPDATE=always cargo test -p suite --test recordings_06` makes them anew.

use serde_json::json;
use suite::climb::Chapter;
use suite::recorder::REDIS;
use suite::{Client, Node, NodeBuilder, Pattern, Program, Recorder, RedisServer};

/// Where the server's Lua scripts are.
const SOURCES: &str = "chapters/06-reconstruction/src";

/// Two recorded nodes on one recorded Redis, which has all scripts.
struct Pair {
    recorder: Recorder,
    one: Node,
    two: Node,
    redis: RedisServer,
}

impl Pair {
    async fn of(node: NodeBuilder) -> Self {
        let recorder = Recorder::knowing_scripts_of(&[SOURCES]);
        let redis = RedisServer::start().await;
        let one = recorder.node("node-1", node.clone(), &redis).await;
        let two = recorder.node("node-2", node, &redis).await;
        let pair = Self { recorder, one, two, redis };
        pair.recorder.quietly(pair.warm_up()).await;
        pair
    }

    /// Redis gets every script once, so that no recording shows it.
    async fn warm_up(&self) {
        let client = Client::connect(&self.one).await;
        calculate(&client, 1, 1, "add").await;
        client.at(&self.two).end_session().await;
    }

    /// A client whose handshake with node-1 is not recorded.
    async fn connected(&self) -> Client {
        let client = self.recorder.quietly(Client::connect(&self.one)).await;
        self.recorder.session(client.session_id());
        client
    }
}

fn chapter() -> NodeBuilder {
    let chapter = Chapter::find("06").unwrap_or_else(|| panic!("no chapter 06"));
    let (package, binary) = (chapter.package.leak(), chapter.binary.leak());
    Node::builder().program(Program { package, binary })
}

async fn calculate(client: &Client, a: u8, b: u8, op: &str) {
    let arguments = json!({ "a": a, "b": b, "op": op });
    client.call_tool("calculate", arguments).await.result();
}

#[tokio::test]
async fn a_session_continues_at_a_node_that_never_met_its_client() {
    let mut pair = Pair::of(chapter()).await;
    let here = pair.connected().await;
    calculate(&here, 100, 50, "add").await;
    pair.one.kill();
    pair.recorder.killed("node-1");
    let there = here.at(&pair.two);
    calculate(&there, 7, 2, "divide").await;
    let history = there.read("calculator://history").await.result();
    let history = history["contents"][0]["text"].as_str().unwrap_or_default();
    assert!(history.contains("150") && history.contains("3.5"), "{history}");
    pair.recorder.keep_transcript("06/reconstructed");
    pair.recorder.keep_sequence("06/reconstructed");
}

/// The recorder holds the write that node-1 has left to the background.
#[tokio::test]
async fn a_session_that_is_announced_before_it_is_stored_is_not_found() {
    let program =
        Program { package: "ch06-write-behind", binary: "ch06-write-behind" };
    let pair = Pair::of(Node::builder().program(program)).await;
    let create = Pattern::from("node-1").to(REDIS).with("create.lua");
    let mut held = pair.recorder.hold(create);
    let opened = Client::builder().initialize(&pair.one).await;
    held.arrived().await;
    let client = Client::builder().opened(&pair.one, &opened);
    pair.recorder.session(client.session_id());
    assert_eq!(client.at(&pair.two).initialized().await.status, 404);
    held.release().await;
    pair.recorder.keep_transcript("06/announced-early");
    pair.recorder.keep_sequence("06/announced-early");
}

#[tokio::test]
async fn a_session_that_one_node_ends_is_gone_on_the_other() {
    let pair = Pair::of(chapter()).await;
    let here = pair.connected().await;
    calculate(&here, 100, 50, "add").await;
    assert_eq!(here.at(&pair.two).end_session().await.status, 204);
    assert_eq!(here.ping().await.status, 404);
    pair.recorder.keep_transcript("06/ended");
}

#[tokio::test]
async fn a_client_whose_session_redis_has_lost_opens_another() {
    let mut pair = Pair::of(chapter()).await;
    let client = pair.connected().await;
    let other = pair.recorder.quietly(Client::connect(&pair.one)).await;
    let text = "Redis is killed, and starts again without its data";
    pair.recorder.remark(&[REDIS], text);
    pair.redis.restart_empty().await;
    pair.recorder.quietly(reconnected(&other)).await;
    assert_eq!(client.ping().await.status, 404);
    let opened = Client::builder().initialize(&pair.one).await;
    let again = Client::builder().opened(&pair.one, &opened);
    pair.recorder.session(again.session_id());
    pair.recorder.keep_transcript("06/empty-redis");
}

/// Waits until the node has a connection to Redis again. Until then it answers 500.
async fn reconnected(client: &Client) {
    suite::eventually("the node reconnects", suite::PATIENCE, async || {
        (client.ping().await.status == 404).then_some(())
    })
    .await;
}
