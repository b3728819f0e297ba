//! Where everything is kept: in this process, or in Redis for all nodes.

use std::sync::Arc;

use crate::config::Config;
use crate::sessions::redis::ConnectError;
use crate::sessions::{MemoryStore, RedisStore, SessionStore, StoreSettings};

/// The storage that the settings ask for.
pub(super) async fn open(
    config: &Config,
) -> Result<Arc<dyn SessionStore>, ConnectError> {
    let settings = StoreSettings { timeout: config.session_timeout };
    match &config.redis_url {
        None => Ok(Arc::new(MemoryStore::new(settings))),
        Some(url) => Ok(Arc::new(RedisStore::connect(url, settings).await?)),
    }
}
