//! The recordings of chapter 05: two nodes that do not know of each other, two that
//! overwrite each other's count, and two that share one truth.
//!
//! `INSTA_UPDATE=always cargo test -p suite --test recordings_05` makes them anew.

use serde_json::json;
use suite::climb::Chapter;
use suite::recorder::{CLIENT, REDIS};
use suite::{Client, Node, NodeBuilder, Pattern, Program, Recorder, RedisServer};

fn chapter(id: &str) -> NodeBuilder {
    let chapter = Chapter::find(id).unwrap_or_else(|| panic!("no chapter {id}"));
    let (package, binary) = (chapter.package.leak(), chapter.binary.leak());
    Node::builder().program(Program { package, binary })
}

const NAMES: [&str; 2] = ["node-1", "node-2"];

/// Two nodes, and a client of each that has shaken hands.
struct Pair {
    recorder: Recorder,
    nodes: [Node; 2],
    clients: [Client; 2],
}

impl Pair {
    async fn meet(recorder: Recorder, nodes: [Node; 2]) -> Self {
        let opened = async {
            [Client::connect(&nodes[0]).await, Client::connect(&nodes[1]).await]
        };
        let clients = recorder.quietly(opened).await;
        for client in &clients {
            recorder.session(client.session_id());
        }
        Self { recorder, nodes, clients }
    }

    /// One client goes from node to node; what the nodes say to Redis is not told.
    async fn of_one_client(node: NodeBuilder) -> Self {
        let recorder = Recorder::default();
        let start = async |name| {
            recorder.front(CLIENT, name, node.clone().start().await).await
        };
        let nodes = [start(NAMES[0]).await, start(NAMES[1]).await];
        Self::meet(recorder, nodes).await
    }

    /// A client for each node, and all that concerns the totals.
    async fn on_recorded_redis(node: NodeBuilder, redis: &RedisServer) -> Self {
        let recorder = Recorder::knowing_scripts_of(&["chapters/05-redis/src"]);
        recorder.tell_of("mcp:totals");
        recorder.focus_on("totalCalculations");
        let start = async |client, name| {
            let url = recorder.redis(name, redis).await;
            let node = node.clone().set("USE_REDIS", true).set("REDIS_URL", url);
            recorder.front(client, name, node.start().await).await
        };
        let nodes =
            [start("client-1", NAMES[0]).await, start("client-2", NAMES[1]).await];
        Self::meet(recorder, nodes).await
    }

    /// Both calculate at once. Node 1 is held back where it writes the totals, until
    /// node 2 has answered.
    async fn race(&self, write: &str) {
        let [first, second] = self.clients.clone();
        let write = Pattern::from(NAMES[0]).to(REDIS).with(write);
        let mut held = self.recorder.hold(write.with("mcp:totals"));
        let call = tokio::spawn(async move { add(&first).await });
        held.arrived().await;
        add(&second).await;
        held.release().await;
        call.await.unwrap_or_else(|error| panic!("{error}"));
    }
}

async fn add(client: &Client) {
    let arguments = json!({ "a": 100, "b": 50, "op": "add" });
    client.call_tool("calculate", arguments).await.result();
}

/// What a client reads in the statistics.
async fn counted(client: &Client) -> String {
    let answer = client.read("calculator://stats").await.result();
    answer["contents"][0]["text"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn two_nodes_of_chapter_04_count_alone() {
    let pair = Pair::of_one_client(chapter("04")).await;
    for client in &pair.clients {
        add(client).await;
    }
    for client in &pair.clients {
        assert!(counted(client).await.contains("\"totalCalculations\":1"));
    }
    pair.recorder.keep_transcript("05/two-totals");
}

#[tokio::test]
async fn who_reads_and_writes_back_loses_an_update() {
    let redis = RedisServer::start().await;
    let naive = Program { package: "ch05-naive", binary: "ch05-naive" };
    let naive = Node::builder().program(naive);
    let pair = Pair::on_recorded_redis(naive, &redis).await;
    pair.race("SET").await;
    assert!(counted(&pair.clients[0]).await.contains("\"totalCalculations\":1"));
    pair.recorder.keep_transcript("05/lost-update");
    pair.recorder.keep_sequence("05/lost-update");
}

#[tokio::test]
async fn who_sends_the_change_loses_nothing() {
    let redis = RedisServer::start().await;
    let pair = Pair::on_recorded_redis(chapter("05"), &redis).await;
    pair.race("HINCRBY").await;
    assert!(counted(&pair.clients[0]).await.contains("\"totalCalculations\":2"));
    pair.recorder.keep_transcript("05/no-lost-update");
    pair.recorder.keep_sequence("05/no-lost-update");
}

#[tokio::test]
async fn two_nodes_of_chapter_05_count_together() {
    let redis = RedisServer::start().await;
    let pair = Pair::of_one_client(chapter("05").redis(&redis)).await;
    for client in &pair.clients {
        add(client).await;
    }
    for client in &pair.clients {
        assert!(counted(client).await.contains("\"totalCalculations\":2"));
    }
    let elsewhere = pair.clients[0].at(&pair.nodes[1]);
    assert_eq!(elsewhere.ping().await.status, 404);
    pair.recorder.keep_transcript("05/one-truth");
}
