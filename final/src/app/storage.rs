//! The choice of storage: the memory of this process, or Redis for all nodes.

use std::sync::Arc;
use std::time::Duration;

use super::StartError;
use crate::bus::{self, MemoryBus, RedisBus};
use crate::config::Config;
use crate::engine::Storage;
use crate::events::{self, LogBounds, MemoryLog, RedisLog};
use crate::redis::{ConnectError, Keys, STORE_DEADLINE, Servers, StoreMetrics};
use crate::sealing::KeyRing;
use crate::sessions::{MemoryStore, NodeId, RedisStore, StoreSettings};
use crate::telemetry::Metrics;

/// Opens the storage that the settings choose.
pub(super) async fn open(
    config: &Config,
    metrics: &Metrics,
) -> Result<Storage, StartError> {
    let settings = StoreSettings {
        timeout: config.session_timeout,
        max_per_owner: config.max_sessions_per_client,
    };
    let bounds = LogBounds {
        entries: config.event_log_entries,
        bytes: config.event_log_bytes,
        age: config.event_log_age,
    };
    let storage = if config.use_redis {
        let store = connect(config, settings, metrics).await?;
        on_redis(store, config.redis.clone(), bounds, config.node_lease)
    } else {
        in_memory(settings, bounds)
    };
    Ok(Storage { keys: Arc::new(KeyRing::new(&config.state_keys.0)), ..storage })
}

async fn connect(
    config: &Config,
    settings: StoreSettings,
    metrics: &Metrics,
) -> Result<Arc<RedisStore>, StartError> {
    let metrics = StoreMetrics::register(&metrics.registry, STORE_DEADLINE)?;
    let node = NodeId::random();
    let prefix = &config.redis_key_prefix;
    let store = connect_store(&config.redis, settings, node, prefix, &metrics);
    Ok(Arc::new(store.await?))
}

/// Makes the storage in the memory of this process.
pub fn in_memory(settings: StoreSettings, bounds: LogBounds) -> Storage {
    let store = Arc::new(MemoryStore::new(settings));
    let node = NodeId::random();
    let log = Arc::new(MemoryLog::new(store.clone(), node.clone(), bounds));
    let bus = Arc::new(MemoryBus::default());
    let keys = Arc::new(KeyRing::new(&[]));
    Storage { node, shared: false, sessions: store, log, bus, keys }
}

/// Connects a node to the sessions in Redis. All keys begin with `prefix`.
///
/// # Errors
/// [`ConnectError`], whose text has no password in it.
pub async fn connect_store(
    servers: &Servers,
    settings: StoreSettings,
    node: NodeId,
    prefix: &str,
    metrics: &StoreMetrics,
) -> Result<RedisStore, ConnectError> {
    let keys = Keys::new(prefix);
    let of_bus = bus::redis::session_parts(&keys);
    let parts = [events::redis::session_parts(), of_bus].concat();
    RedisStore::connect(servers, settings, node, keys, metrics, &parts).await
}

/// Makes the storage in Redis.
pub fn on_redis(
    store: Arc<RedisStore>,
    servers: Servers,
    bounds: LogBounds,
    lease: Duration,
) -> Storage {
    let node = store.node().clone();
    let log_parts = bus::redis::log_parts(&store.keys);
    let log = Arc::new(RedisLog::new(store.clone(), bounds, &log_parts));
    let bus = Arc::new(RedisBus::new(store.clone(), servers, lease));
    let keys = Arc::new(KeyRing::new(&[]));
    Storage { node, shared: true, sessions: store, log, bus, keys }
}
