//! What is true of Redis only.
#![allow(clippy::unwrap_used)]

#[path = "support/redis_server.rs"]
mod redis_server;

use std::time::Duration;

use ch05_redis::protocol::to_raw;
use ch05_redis::sessions::{
    HistoryEntry, RedisStore, SessionId, SessionRecord, SessionStore, StoreError,
    StoreSettings,
};
use redis_server::RedisServer;

const MINUTE: Duration = Duration::from_secs(60);

async fn store(server: &RedisServer) -> RedisStore {
    let settings = StoreSettings { timeout: MINUTE };
    RedisStore::connect(&server.url(), settings).await.unwrap()
}

/// A session with one entry in its history.
async fn opened(store: &RedisStore) -> SessionId {
    let id = SessionId::random();
    store.create(&SessionRecord { id, version: "2025-11-25" }).await.unwrap();
    let entry = HistoryEntry { operation: "add", body: to_raw(&1) };
    assert!(store.append_history(&id, &[entry]).await.unwrap());
    id
}

/// A key without an end would stay for ever, and nobody would miss the memory.
#[tokio::test]
async fn all_keys_of_a_session_expire_with_it() {
    let server = RedisServer::start();
    let store = store(&server).await;
    let id = opened(&store).await;
    let keys = server.run(&["KEYS", &format!("*{id}*")]);
    assert_eq!(keys.lines().count(), 2, "the record and the history: {keys}");
    for n in 0..2 {
        for key in keys.lines() {
            let left: u64 = server.run(&["PTTL", key]).parse().unwrap();
            assert!((50_000..=60_000).contains(&left), "{key}: {left} ms, {n}");
            server.run(&["PEXPIRE", key, "10000"]);
        }
        assert!(
            store.load_and_touch(&id).await.unwrap().is_some(),
            "use postpones both"
        );
    }
}

#[tokio::test]
async fn nothing_of_an_ended_session_is_left() {
    let server = RedisServer::start();
    let store = store(&server).await;
    let id = opened(&store).await;
    assert!(store.terminate(&id).await.unwrap());
    assert_eq!(server.run(&["KEYS", "*"]), "mcp:totals");
}

/// A restarted server knows neither the scripts nor the sessions.
#[tokio::test]
async fn a_server_that_has_forgotten_the_scripts_is_sent_them_again() {
    let server = RedisServer::start();
    let store = store(&server).await;
    let id = opened(&store).await;
    server.run(&["SCRIPT", "FLUSH"]);
    assert!(store.load_and_touch(&id).await.unwrap().is_some());
    server.run(&["FLUSHALL"]);
    assert!(store.load_and_touch(&id).await.unwrap().is_none());
}

/// An unreachable session is not a lost one.
#[tokio::test]
async fn a_server_that_is_gone_is_an_error_and_not_an_absent_session() {
    let server = RedisServer::start();
    let store = store(&server).await;
    let id = opened(&store).await;
    drop(server);
    let entered = store.load_and_touch(&id).await;
    assert!(matches!(entered, Err(StoreError::Unavailable(_))), "{entered:?}");
}

#[tokio::test]
async fn nobody_connects_to_a_server_that_is_not_there() {
    let settings = StoreSettings { timeout: MINUTE };
    let refused = RedisStore::connect("not a url", settings).await.err().unwrap();
    assert!(refused.to_string().starts_with("REDIS_URL cannot be used"));
    let url = RedisServer::start().url();
    let refused = RedisStore::connect(&url, settings).await.err().unwrap();
    let expected =
        format!("cannot connect to Redis at {}", &url["redis://".len()..]);
    assert!(refused.to_string().starts_with(&expected), "{refused}");
}
