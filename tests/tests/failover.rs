//! The primary of Redis is replaced by its replica, and both stay reachable.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use suite::forwarder::Forwarder;
use suite::{Client, Node, PATIENCE, RedisServer, eventually};
use tokio::task::JoinHandle;

/// The longest until everything works again after the address leads to the new
/// primary.
const BACK: Duration = Duration::from_secs(2);

/// Slow enough that a history keeps everything from before the failover.
const PACE: Duration = Duration::from_millis(50);

/// How many calculations a history keeps.
const KEPT: usize = 50;

/// Something that is done again and again, and what came of it.
struct Repeated<T> {
    results: Arc<Mutex<Vec<T>>>,
    done: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl<T: Clone + Send + 'static> Repeated<T> {
    fn start<F: Future<Output = Option<T>> + Send>(
        one: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self {
        let (results, done) = <(Arc<Mutex<Vec<T>>>, Arc<AtomicBool>)>::default();
        let (all, end) = (results.clone(), done.clone());
        let task = tokio::spawn(async move {
            let mut pace = tokio::time::interval(PACE);
            while !end.load(Ordering::SeqCst) {
                pace.tick().await;
                if let Some(result) = one().await {
                    all.lock().unwrap_or_else(PoisonError::into_inner).push(result);
                }
            }
        });
        Self { results, done, task }
    }

    fn results(&self) -> Vec<T> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for so many more.
    async fn more(&self, count: usize, within: Duration) {
        let enough = self.results().len() + count;
        eventually("there is more", within, async || {
            (self.results().len() >= enough).then_some(())
        })
        .await;
    }

    async fn stop(self) -> Vec<T> {
        self.done.store(true, Ordering::SeqCst);
        self.task.await.unwrap_or_else(|error| panic!("{error}"));
        let results = self.results.lock();
        std::mem::take(&mut results.unwrap_or_else(PoisonError::into_inner))
    }
}

/// Calculates and keeps the ids of what was acknowledged.
fn calculate(client: &Client) -> Repeated<Value> {
    let client = client.clone();
    Repeated::start(move || {
        let client = client.clone();
        async move {
            let sum = json!({ "a": 1, "b": 2, "op": "add" });
            let answer = client.call_tool("calculate", sum).await;
            let is_kept = answer.status == 200;
            is_kept.then(|| {
                answer.result()["structuredContent"]["calculationId"].take()
            })
        }
    })
}

/// What `/health` says.
fn watch(node: &Node) -> Repeated<u16> {
    let health = node.attempt("GET").path("/health");
    Repeated::start(move || {
        let health = health.clone();
        async move { Some(health.send().await.status) }
    })
}

async fn role(redis: &RedisServer, role: &str) {
    eventually(role, PATIENCE, async || {
        let info = redis.command(&["INFO", "replication"]).await;
        info.contains(role).then_some(())
    })
    .await;
}

/// The old primary becomes a replica, in good order, and its connections stay open.
#[tokio::test]
async fn a_failover_loses_nothing_and_is_over_two_seconds_after_it() {
    let (primary, replica) =
        (RedisServer::start().await, RedisServer::start().await);
    let port = primary.port().to_string();
    replica.command(&["REPLICAOF", "127.0.0.1", &port]).await;
    role(&replica, "master_link_status:up").await;
    let address = Forwarder::to(primary.port()).await;
    let node = Node::builder().set("USE_REDIS", true);
    let node = node.set("REDIS_URL", address.url());
    let nodes = [node.clone().start().await, node.start().await];
    let [one, two] = &nodes;
    let clients = [one.connect().await, two.connect().await, one.connect().await];

    let health = nodes.each_ref().map(watch);
    let calls = clients.each_ref().map(calculate);
    for calls in &calls {
        calls.more(10, PATIENCE).await;
    }
    primary.command(&["FAILOVER"]).await;
    role(&primary, "role:slave").await;
    role(&replica, "role:master").await;
    for health in &health {
        eventually("the node is unhealthy", PATIENCE, async || {
            health.results().contains(&503).then_some(())
        })
        .await;
        health.more(10, PATIENCE).await;
    }
    address.move_to(replica.port());
    for calls in &calls {
        calls.more(1, BACK).await;
    }
    for health in health {
        eventually("the node is healthy", BACK, async || {
            (health.results().last() == Some(&200)).then_some(())
        })
        .await;
        health.more(10, PATIENCE).await;
        let mut told = health.stop().await;
        told.dedup();
        assert_eq!(told, [200, 503, 200]);
    }
    for (calls, client) in calls.into_iter().zip(&clients) {
        calls.more(10, PATIENCE).await;
        let mut acknowledged = calls.stop().await;
        let history = client.at(two).read("calculator://history").await.resource();
        let all: Vec<_> = history.as_array().into_iter().flatten().collect();
        let ids = all.iter().map(|one| one["id"].clone());
        let kept: Vec<_> = ids.filter(|id| acknowledged.contains(id)).collect();
        let dropped = acknowledged.len() - kept.len();
        assert!(dropped == 0 || all.len() == KEPT, "{dropped} are lost");
        assert_eq!(acknowledged.split_off(dropped), kept);
    }
}
