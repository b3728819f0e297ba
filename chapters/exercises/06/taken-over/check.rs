//! The record counts how often a session was taken over.

#[path = "support/redis_server.rs"]
mod redis_server;

use std::sync::Arc;
use std::time::Duration;

use ch06_reconstruction::calculator::Calculator;
use ch06_reconstruction::engine::Engine;
use ch06_reconstruction::protocol::jsonrpc::{Request, RequestId};
use ch06_reconstruction::protocol::to_raw;
use ch06_reconstruction::sessions::{NodeId, RedisStore, SessionId, StoreSettings};
use redis_server::RedisServer;
use serde_json::{Value, json};

async fn node(redis: &RedisServer, name: &str) -> Engine {
    let settings = StoreSettings { timeout: Duration::from_secs(1800) };
    let url = redis.url();
    let store = RedisStore::connect(&url, settings, NodeId::named(name));
    let store = Arc::new(store.await.expect("Redis"));
    Engine::new(Arc::new(Calculator::default()), store)
}

async fn opened(node: &Engine) -> SessionId {
    let params = to_raw(&json!({
        "protocolVersion": "2025-11-25",
        "clientInfo": { "name": "check", "version": "1" },
    }));
    node.initialize(Some(&params)).await.expect("a handshake").0
}

/// Reads the information about a session at a node.
async fn info(node: &Engine, id: &SessionId) -> Value {
    let session = node.load_and_touch(id, 1).await.expect("a readable record");
    let request = Request {
        id: RequestId::Number(1),
        method: "resources/read".into(),
        params: Some(to_raw(&json!({ "uri": format!("session://info/{id}") }))),
    };
    let read = node.call(session.expect("a session"), &request).await;
    let read: Value = serde_json::from_str(read.expect("a resource").get())
        .expect("a resource in JSON");
    let text = read["contents"][0]["text"].as_str().expect("a text");
    serde_json::from_str(text).expect("information in JSON")
}

#[tokio::test]
async fn a_session_knows_how_often_it_was_taken_over() {
    let redis = RedisServer::start();
    let (first, second) = (node(&redis, "first").await, node(&redis, "second").await);
    let id = opened(&first).await;
    for (node, expected) in [(&first, 0), (&second, 1), (&second, 1), (&first, 2)] {
        let count = &info(node, &id).await["reconstructionCount"];
        assert_eq!(*count, expected, "reconstructionCount counts the moves");
    }
}

#[tokio::test]
async fn a_record_of_the_old_release_is_readable() {
    let redis = RedisServer::start();
    let first = node(&redis, "first").await;
    let id = opened(&first).await;
    let record = format!("mcp:{{{id}}}");
    let expected = "schema created last_activity principal version client_name \
        client_version node phase requests recorded";
    for field in redis.run(&["HKEYS", &record]).lines() {
        if !expected.split_whitespace().any(|known| known == field) {
            redis.run(&["HDEL", &record, field]);
        }
    }
    let info = info(&first, &id).await;
    assert_eq!(info["requestCount"], 1);
    assert_eq!(redis.run(&["HGET", &record, "schema"]), "1");
}
