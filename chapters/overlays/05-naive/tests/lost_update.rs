//! The failures that the book describes really happen. A test is `ok` when the
//! fault has happened, so each reports beside it what was lost.
#![allow(clippy::unwrap_used)]

#[path = "../../../05-redis/tests/support/redis_server.rs"]
mod redis_server;

use std::io::{Write, stderr};
use std::sync::Arc;
use std::time::Duration;

use ch05_naive::sessions::redis::RedisStore;
use ch05_redis::protocol::to_raw;
use ch05_redis::sessions::{
    HistoryEntry, SessionId, SessionRecord, SessionStore, StoreSettings,
};
use redis_server::RedisServer;
use tokio::time::timeout;

async fn node(server: &RedisServer) -> Arc<RedisStore> {
    let settings = StoreSettings { timeout: Duration::from_secs(1800) };
    Arc::new(RedisStore::connect(&server.url(), settings).await.unwrap())
}

async fn opened(store: &RedisStore) -> SessionId {
    let id = SessionId::random();
    store.create(&SessionRecord { id, version: "2025-11-25" }).await.unwrap();
    id
}

fn entry(body: usize) -> [HistoryEntry; 1] {
    [HistoryEntry { operation: "add", body: to_raw(&body) }]
}

/// Past the harness, which shows nothing of a test that is `ok`.
fn report(fault: &str) {
    let _ = writeln!(stderr(), "FAULT: {fault}");
}

mod the_fault_happens {
    use super::*;

    /// Redis answers reads and holds all writes back, so both nodes have read
    /// before one of them writes.
    #[tokio::test]
    async fn two_nodes_that_append_at_once_lose_an_entry() {
        let server = RedisServer::start();
        let (first, second) = (node(&server).await, node(&server).await);
        let id = opened(&first).await;

        server.run(&["CLIENT", "PAUSE", "60000", "WRITE"]);
        let appends =
            [first.clone(), second].into_iter().enumerate().map(|(n, node)| {
                tokio::spawn(
                    async move { node.append_history(&id, &entry(n)).await },
                )
            });
        let appends: Vec<_> = appends.collect();
        let both_write = async {
            let waiting =
                || server.run(&["CLIENT", "LIST"]).matches("cmd=set").count();
            while waiting() < 2 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(10), both_write).await.unwrap();
        server.run(&["CLIENT", "UNPAUSE"]);

        for append in appends {
            assert!(
                append.await.unwrap().unwrap(),
                "both are told that it is done"
            );
        }
        let kept = first.read_history(&id).await.unwrap().len();
        report(&format!("two nodes confirmed 2 appends, the history has {kept}"));
        assert_eq!(kept, 1, "one entry is lost");
    }

    /// A node reads what it will have overwritten, also with itself: an await
    /// between reading and writing is enough.
    #[tokio::test]
    async fn many_calls_on_one_node_lose_most_of_what_they_count() {
        let server = RedisServer::start();
        let store = node(&server).await;
        let id = opened(&store).await;
        let appends: Vec<_> = (0..200)
            .map(|n| {
                let store = store.clone();
                tokio::spawn(
                    async move { store.append_history(&id, &entry(n)).await },
                )
            })
            .collect();
        for append in appends {
            assert!(append.await.unwrap().unwrap());
        }
        let counted = store.totals().await.unwrap().by_operation["add"];
        report(&format!("one node confirmed 200 appends, the total is {counted}"));
        assert!(counted < 200, "{counted} of 200 are counted");
    }

    /// What is written back was read before the session ended.
    #[tokio::test]
    async fn a_late_write_brings_a_part_of_an_ended_session_back() {
        let server = RedisServer::start();
        let store = node(&server).await;
        let id = opened(&store).await;
        store.terminate(&id).await.unwrap();
        assert!(store.append_history(&id, &entry(1)).await.unwrap());
        report("a session was ended, and its history has an entry again");
        assert_eq!(store.read_history(&id).await.unwrap().len(), 1);
    }
}
