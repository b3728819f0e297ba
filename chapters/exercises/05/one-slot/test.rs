//! All keys of a session are kept on one server of a cluster.

#[path = "support/redis_server.rs"]
mod redis_server;

use std::collections::BTreeSet;
use std::time::Duration;

use ch05_redis::protocol::to_raw;
use ch05_redis::sessions::{
    HistoryEntry, RedisStore, SessionId, SessionRecord, SessionStore, StoreSettings,
};
use redis_server::RedisServer;

/// What a cluster looks at to choose a server.
fn hash_tag(key: &str) -> Option<&str> {
    let (_, rest) = key.split_once('{')?;
    let (tag, _) = rest.split_once('}')?;
    (!tag.is_empty()).then_some(tag)
}

#[tokio::test]
async fn all_keys_of_a_session_have_one_hash_tag() {
    let server = RedisServer::start();
    let settings = StoreSettings { timeout: Duration::from_secs(60) };
    let store = RedisStore::connect(&server.url(), settings).await.expect("Redis");
    let id = SessionId::random();
    let record = SessionRecord { id, version: "2025-11-25" };
    store.create(&record).await.expect("Redis");
    let entry = HistoryEntry { operation: "add", body: to_raw(&1) };
    store.append_history(&id, &[entry]).await.expect("Redis");

    let keys = server.run(&["KEYS", &format!("*{id}*")]);
    let tags: BTreeSet<_> = keys
        .lines()
        .map(|key| hash_tag(key).unwrap_or_else(|| panic!("no hash tag: {key}")))
        .collect();
    assert_eq!(keys.lines().count(), 2, "{keys}");
    assert_eq!(tags.len(), 1, "{tags:?}");
}
