//! The choice of a store: in this process, or in Redis for all nodes.

use std::sync::Arc;

use crate::config::Config;
use crate::redis::ConnectError;
use crate::sessions::{
    MemoryStore, NodeId, RedisStore, SessionStore, StoreSettings,
};

/// Opens the store that the settings ask for.
pub(super) async fn open(
    config: &Config,
) -> Result<Arc<dyn SessionStore>, ConnectError> {
    let settings = StoreSettings { timeout: config.session_timeout };
    match &config.redis_url {
        None => Ok(Arc::new(MemoryStore::new(settings))),
        Some(url) => {
            let node = NodeId::random();
            Ok(Arc::new(RedisStore::connect(url, settings, node).await?))
        }
    }
}
