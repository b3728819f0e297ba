//! A client keeps its session while Redis is away.

#[path = "support/redis_server.rs"]
mod redis_server;

use std::sync::Arc;
use std::time::Duration;

use ch06_reconstruction::calculator::Calculator;
use ch06_reconstruction::engine::Engine;
use ch06_reconstruction::http;
use ch06_reconstruction::protocol::to_raw;
use ch06_reconstruction::sessions::{NodeId, RedisStore, SessionId, StoreSettings};
use redis_server::RedisServer;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

async fn node(redis: &RedisServer) -> Arc<Engine> {
    let settings = StoreSettings { timeout: Duration::from_secs(1800) };
    let url = redis.url();
    let store = RedisStore::connect(&url, settings, NodeId::random());
    let store = Arc::new(store.await.expect("Redis"));
    Arc::new(Engine::new(Arc::new(Calculator::default()), store))
}

/// Sends a ping over HTTP, and returns the whole response.
async fn ping(engine: &Arc<Engine>, session: &SessionId) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("a port");
    let router = http::router(engine.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let request = format!(
        "POST /mcp HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\
         mcp-session-id: {session}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.expect("the server");
    stream.write_all(request.as_bytes()).await.expect("the server");
    let mut response = String::new();
    stream.read_to_string(&mut response).await.expect("a response");
    response
}

#[tokio::test]
async fn a_store_that_is_away_is_not_a_session_that_is_gone() {
    let redis = RedisServer::start();
    let engine = node(&redis).await;
    let params = to_raw(&json!({
        "protocolVersion": "2025-11-25",
        "clientInfo": { "name": "test", "version": "1" },
    }));
    let opened = engine.initialize(Some(&params)).await;
    let (session, _) = opened.expect("a handshake");
    let here = ping(&engine, &session).await;
    assert!(here.starts_with("HTTP/1.1 200"), "{here}");

    drop(redis);
    let away = ping(&engine, &session).await;
    assert!(
        away.starts_with("HTTP/1.1 5"),
        "an unreachable store was reported as a missing session: {away}"
    );
}
