//! The failures that the book describes really happen. A test is `ok` when the
//! fault has happened, so each reports beside it what was lost.
#![allow(clippy::unwrap_used)]

#[path = "../../../06-reconstruction/tests/support/redis_server.rs"]
mod redis_server;

use std::io::{Write, stderr};
use std::sync::Arc;
use std::time::Duration;

use ch06_reconstruction::calculator::Calculator;
use ch06_reconstruction::engine::Engine;
use ch06_reconstruction::protocol::to_raw;
use ch06_reconstruction::sessions::{NodeId, RedisStore, SessionId, StoreSettings};
use ch06_write_behind::write_behind::WriteBehind;
use redis_server::RedisServer;
use serde_json::json;

async fn node(server: &RedisServer) -> Engine {
    let settings = StoreSettings { timeout: Duration::from_secs(1800) };
    let (url, name) = (server.url(), NodeId::random());
    let store = RedisStore::connect(&url, settings, name).await.unwrap();
    let store = Arc::new(WriteBehind(Arc::new(store)));
    Engine::new(Arc::new(Calculator::default()), store)
}

async fn opened(node: &Engine) -> SessionId {
    let params = to_raw(&json!({
        "protocolVersion": "2025-11-25",
        "clientInfo": { "name": "test", "version": "1" },
    }));
    node.initialize(Some(&params)).await.unwrap().0
}

/// Past the harness, which shows nothing of a test that is `ok`.
fn report(fault: &str) {
    let _ = writeln!(stderr(), "FAULT: {fault}");
}

mod the_fault_happens {
    use super::*;

    /// The test has one thread, and holds it until Redis has been asked. So the
    /// background task has not begun.
    #[tokio::test]
    async fn a_client_has_an_id_that_redis_does_not_know() {
        let server = RedisServer::start();
        let id = opened(&node(&server).await).await;
        let stored = server.run(&["EXISTS", &format!("mcp:{{{id}}}")]);
        report(&format!("a client has a session ID, Redis has {stored} records"));
        assert_eq!(stored, "0");
    }

    #[tokio::test]
    async fn a_client_gets_an_id_although_redis_is_gone() {
        let server = RedisServer::start();
        let node = node(&server).await;
        drop(server);
        let id = opened(&node).await;
        report("Redis is gone, and a client was told that its session is open");
        assert!(node.load_and_touch(&id, 1).await.is_err());
    }
}
