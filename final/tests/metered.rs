//! What is measured of storage, operation by operation.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use mcp_server::bus::{Bus, MemoryBus, MeteredBus};
use mcp_server::sessions::metered::{Meter, STORE_DEADLINE, StoreMetrics};
use mcp_server::sessions::{
    MemoryStore, MeteredStore, SessionId, SessionStore, StoreSettings,
};
use prometheus::{Registry, TextEncoder};

/// Each has a duration and an error count of its own: a list of names once missed
/// some of them.
#[tokio::test]
async fn every_operation_has_a_duration_and_counts_its_errors() {
    let registry = Registry::new();
    let meter =
        Meter::new(STORE_DEADLINE, StoreMetrics::register(&registry).unwrap());
    let settings =
        StoreSettings { timeout: Duration::from_secs(60), max_per_owner: 3 };
    let store = Arc::new(MemoryStore::new(settings));
    let store = MeteredStore::new(store, meter.clone());
    let bus = MeteredBus::new(Arc::new(MemoryBus::default()), meter);
    store.clear_history(&SessionId::random()).await.unwrap();
    bus.use_once("a state", Duration::from_secs(60)).await.unwrap();
    bus.agree_on_secret(rand::random()).await.unwrap();
    let text = TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
    for operation in ["clear_history", "claim", "agree"] {
        let label = format!("{{operation=\"{operation}\"}}");
        let took = format!("mcp_store_operation_duration_seconds_count{label} 1");
        let failed = format!("mcp_store_errors_total{label} 0");
        assert!(text.contains(&took) && text.contains(&failed), "{text}");
    }
}
