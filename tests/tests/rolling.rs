//! Nodes behind a balancer: restarted one by one, which no client notices, or frozen.

use std::time::Duration;

use serde_json::json;
use suite::rolling::{self, Plan};
use suite::{Cluster, Node, PATIENCE};
use testkit::Balancer;

/// `cargo xtask rolling` does the same for longer.
#[tokio::test(flavor = "multi_thread")]
async fn one_round_of_restarts_loses_and_doubles_nothing() {
    let plan = Plan { time: Duration::from_secs(8), restarts: 3 };
    let report = rolling::run(plan).await;
    assert_eq!(report.failed(), 0, "\n{report}");
}

/// How long a stream is silent in the next story before the balancer closes it.
const SILENCE: Duration = Duration::from_millis(1500);

/// A host that has lost its power or its network says nothing about it. The silence
/// does: nodes send at least a comment every 15 s, and the balancer waits a minute.
#[tokio::test]
async fn a_client_whose_node_is_frozen_is_let_go_after_a_silence() {
    let node = Node::builder()
        .set("PROGRESS_INTERVAL", 300)
        .set("ALLOWED_HOSTS", "127.0.0.1");
    let cluster = Cluster::of(1, node).await;
    let node = cluster.nodes.into_iter().next().expect("a node");
    let balancer =
        Balancer::start_impatient(&[node.address()], SILENCE).expect("a balancer");
    let node = node.reached_at(balancer.address());
    let client = suite::eventually("the node is found", PATIENCE, async || {
        let opened = suite::Client::builder().initialize(&node).await;
        let client = suite::Client::builder();
        (opened.status == 200).then(|| client.opened(&node, &opened))
    });
    let client = client.await;
    let demo = |steps: u32| {
        let steps = json!({ "steps": steps });
        json!({ "name": "demo_progress", "arguments": steps,
            "_meta": { "progressToken": "steps" } })
    };
    let healthy = client.start("tools/call", demo(10)).await.rest().await;
    assert!(healthy.took > SILENCE, "it was quick: {:?}", healthy.took);
    assert_eq!(healthy.text(), "all 10 steps done");
    let mut frozen = client.start("tools/call", demo(100)).await;
    frozen.expect("notifications/progress").await;
    node.freeze();
    while frozen.event().await.is_some() {}
    node.thaw();
}

const COMPOSE: &str = include_str!("../../docker-compose.yml");

/// One service that grows must not take the memory of the others.
#[test]
fn every_service_has_a_memory_limit_and_redis_one_of_its_own() {
    let (_, services) = COMPOSE.split_once("\nservices:\n").expect("services");
    let (services, _) = services.split_once("\nvolumes:\n").expect("volumes");
    let lines = || services.lines();
    let is_service = |line: &&str| {
        line.starts_with("  ") && line[2..].starts_with(char::is_alphabetic)
    };
    let has_limit = |line: &&str| line.trim().starts_with("mem_limit: ");
    let count = lines().filter(is_service).count();
    assert_eq!((count, lines().filter(has_limit).count()), (4, 4));
    assert!(services.contains("- --maxmemory\n"), "noeviction has no effect");
}
