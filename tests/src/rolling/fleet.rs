//! The nodes. Each keeps its port, so that the balancer finds it again.

use std::net::SocketAddr;
use std::time::Duration;

use testkit::ports::free_port;

use super::ledger::Ledger;
use crate::{Node, NodeBuilder, PATIENCE, Program, RedisServer, eventually};

/// How many there are: one is away, one may be about to come back, one serves.
const SIZE: usize = 3;

/// How long a node goes on serving when it is to stop, in milliseconds: time for
/// several looks of the balancer.
const DRAIN_DELAY: u64 = 1500;

/// How long its calls may take after that, in milliseconds. Those of the load are
/// much shorter.
const DRAIN_DEADLINE: u64 = 10_000;

/// All of it, and something for a busy machine.
const EXIT: Duration = Duration::from_secs(20);

/// Several nodes on one Redis.
#[derive(Debug)]
pub struct Fleet {
    members: Vec<(NodeBuilder, Node)>,
    next: usize,
}

impl Fleet {
    /// Starts the nodes.
    pub async fn start(redis: &RedisServer) -> Self {
        let mut members = Vec::new();
        for _ in 0..SIZE {
            let builder = builder(redis).set("PORT", free_port());
            let node = builder.clone().start().await;
            members.push((builder, node));
        }
        Self { members, next: 0 }
    }

    /// Where the nodes listen.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.members.iter().map(|(_, node)| node.address()).collect()
    }

    /// Ends the node whose turn it is in good order, starts it again, and waits
    /// until it wants traffic.
    pub async fn restart_next(&mut self, ledger: &Ledger) {
        let index = self.next;
        self.next = (index + 1) % self.members.len();
        let (builder, node) = &mut self.members[index];
        ledger.note(format!("node {index} is told to end"));
        node.terminate();
        let status = node.wait(EXIT).await;
        ledger.note(format!("node {index} has ended: {status}"));
        for line in warnings(&node.stderr()) {
            ledger.note(format!("node {index}: {line}"));
        }

        *node = builder.clone().start().await;
        eventually("the node is ready", PATIENCE, async || {
            (node.get("/readyz").await.status == 200).then_some(())
        })
        .await;
        ledger.note(format!("node {index} is ready again"));
        ledger.count(|counts| {
            counts.restarts += 1;
            counts.unclean += u64::from(!status.success());
        });
    }
}

/// As in `docker-compose.yml`: the balancer's word is believed, and it calls by
/// another port than the node's.
fn builder(redis: &RedisServer) -> NodeBuilder {
    Node::builder()
        .program(Program::CONFORMANCE)
        .redis(redis)
        .set("TRUST_PROXY", true)
        .set("ALLOWED_HOSTS", "127.0.0.1")
        .set("SSE_AFTER", 20)
        .set("DRAIN_DELAY", DRAIN_DELAY)
        .set("DRAIN_DEADLINE", DRAIN_DEADLINE)
}

/// What a node has said that somebody should look at.
fn warnings(log: &str) -> impl Iterator<Item = String> {
    let loud = |line: &&str| line.contains("WARN") || line.contains("ERROR");
    log.lines().filter(loud).map(str::to_owned)
}
