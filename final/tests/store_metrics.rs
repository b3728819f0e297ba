//! What is measured of storage, operation by operation.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/contract.rs"]
mod contract;
#[path = "support/redis_server.rs"]
mod redis_server;

use std::sync::Arc;
use std::time::Duration;

use contract::SETTINGS;
use mcp_server::app::storage::{connect_store, on_redis};
use mcp_server::events::LogBounds;
use mcp_server::redis::{STORE_DEADLINE, Servers, StoreMetrics};
use mcp_server::sessions::{NodeId, SessionId};
use prometheus::{Registry, TextEncoder};
use redis_server::RedisServer;

/// Each has a duration and an error count of its own, from the start on.
#[tokio::test]
async fn every_operation_has_a_duration_and_counts_its_errors() {
    let (server, registry) = (RedisServer::start(), Registry::new());
    let metrics = StoreMetrics::register(&registry, STORE_DEADLINE).unwrap();
    let servers = Servers::parse(&server.url()).unwrap();
    let node = NodeId::named("first");
    let store = connect_store(&servers, SETTINGS, node, "mcp", &metrics);
    let store = Arc::new(store.await.unwrap());
    let lease = Duration::from_secs(60);
    let storage = on_redis(store, servers, LogBounds::default(), lease);

    storage.sessions.clear_history(&SessionId::random()).await.unwrap();
    storage.bus.use_once("a state", lease).await.unwrap();
    storage.bus.renew_lease().await.unwrap();
    let text = TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
    for (operation, times) in [
        ("clear_history", 1),
        ("claim", 1),
        ("renew_lease", 1),
        ("create", 0),
        ("open_call", 0),
        ("audited", 0),
        ("look", 0),
    ] {
        let label = format!("{{operation=\"{operation}\"}}");
        let took = format!("mcp_store_operation_duration_seconds_count{label}");
        let took = format!("{took} {times}");
        let failed = format!("mcp_store_errors_total{label} 0");
        assert!(text.contains(&took) && text.contains(&failed), "{text}");
    }
}
