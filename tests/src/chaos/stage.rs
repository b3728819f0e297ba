//! The nodes and Redis, and what is done to them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use testkit::ports::free_port;
use tokio::time::sleep;

use super::account::{Account, What};
use super::dice::Dice;
use super::link::Link;
use crate::{Node, NodeBuilder, RedisServer};

/// How many nodes there are.
const NODES: usize = 3;

/// After how long without a sign of life a node is taken for dead, in ms. Shorter
/// than the longest freeze: some nodes wake up and find that they were given up.
const LEASE: u64 = 2_000;

/// How long something fails, in ms: from a blink to longer than a lease.
const FAILURE: (u64, u64) = (20, 3_000);

/// How long nothing more fails after it, in ms.
const PAUSE: (u64, u64) = (50, 500);

/// Three nodes, each with a link of its own to one Redis.
#[derive(Debug)]
pub struct Stage {
    redis: RedisServer,
    members: Vec<Member>,
    account: Arc<Account>,
}

#[derive(Debug)]
struct Member {
    builder: NodeBuilder,
    node: Node,
    link: Link,
}

impl Stage {
    /// Starts everything. All ports are kept when something is started again.
    pub async fn start(account: Arc<Account>) -> Self {
        let redis = RedisServer::start_durable().await;
        let mut members = Vec::new();
        for _ in 0..NODES {
            let link = Link::to(redis.port()).await;
            let builder = builder(free_port(), &link);
            let node = builder.clone().start().await;
            members.push(Member { builder, node, link });
        }
        Self { redis, members, account }
    }

    /// Where the nodes listen.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.members.iter().map(|member| member.node.address()).collect()
    }

    /// Makes one thing fail, repairs it, and leaves everything alone for a while.
    pub async fn disturb(&mut self, dice: &mut Dice) {
        let which = dice.below(NODES as u64) as usize;
        match dice.below(5) {
            0 => self.kill_node(which, dice).await,
            1 => self.freeze_node(which, dice).await,
            2 => self.kill_redis(dice).await,
            3 => self.freeze_redis(dice).await,
            _ => self.cut(which, "between two failures"),
        }
        sleep(dice.millis(PAUSE.0, PAUSE.1)).await;
    }

    async fn kill_node(&mut self, which: usize, dice: &mut Dice) {
        self.tell(What::NodesKilled, format!("node {which} is killed"));
        self.members[which].node.kill();
        self.fail(dice).await;
        let member = &mut self.members[which];
        member.node = member.builder.clone().start().await;
        self.account.note(format!("node {which} is back"));
    }

    async fn freeze_node(&self, which: usize, dice: &mut Dice) {
        self.tell(What::NodesFrozen, format!("node {which} is frozen"));
        self.members[which].node.freeze();
        self.fail(dice).await;
        self.members[which].node.thaw();
        self.account.note(format!("node {which} goes on"));
    }

    async fn kill_redis(&mut self, dice: &mut Dice) {
        self.tell(What::RedisKilled, "Redis is killed".to_owned());
        self.redis.kill();
        self.fail(dice).await;
        self.redis.restart().await;
        self.account.note("Redis is back");
    }

    async fn freeze_redis(&self, dice: &mut Dice) {
        self.tell(What::RedisFrozen, "Redis is frozen".to_owned());
        self.redis.freeze();
        self.fail(dice).await;
        self.redis.thaw();
        self.account.note("Redis goes on");
    }

    /// Lets time pass. Every other time a connection breaks meanwhile.
    async fn fail(&self, dice: &mut Dice) {
        let time: Duration = dice.millis(FAILURE.0, FAILURE.1);
        sleep(time / 2).await;
        if dice.one_in(2) {
            self.cut(dice.below(NODES as u64) as usize, "meanwhile");
        }
        sleep(time / 2).await;
    }

    fn cut(&self, which: usize, when: &str) {
        self.tell(What::Cuts, format!("node {which} is cut off {when}"));
        self.members[which].link.cut();
    }

    fn tell(&self, what: What, note: String) {
        self.account.count(what);
        self.account.note(note);
    }
}

fn builder(port: u16, link: &Link) -> NodeBuilder {
    Node::builder()
        .set("USE_REDIS", true)
        .set("REDIS_URL", link.url())
        .set("PORT", port)
        .set("NODE_LEASE", LEASE)
        .set("SSE_AFTER", 20)
}
