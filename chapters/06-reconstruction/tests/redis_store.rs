//! What is true of Redis only.
#![allow(clippy::unwrap_used)]

#[path = "support/contract.rs"]
mod contract;
#[path = "support/redis_server.rs"]
mod redis_server;

use ch06_reconstruction::sessions::{
    NodeId, RedisStore, SessionInit, SessionStore, StoreError, TouchedSession,
};
use contract::{SETTINGS, entry, opened};
use redis_server::RedisServer;

async fn store(server: &RedisServer) -> RedisStore {
    RedisStore::connect(&server.url(), SETTINGS, NodeId::named("first"))
        .await
        .unwrap()
}

/// A session with an entry under each of its keys.
async fn filled(store: &RedisStore) -> SessionInit {
    let session = opened();
    store.create(&session).await.unwrap();
    assert!(store.append_history(&session.id, &[entry("add", 1)]).await.unwrap());
    session
}

async fn visit(
    store: &RedisStore,
    session: &SessionInit,
) -> Result<Option<TouchedSession>, StoreError> {
    store.load_and_touch(&session.id, 1).await
}

fn keys(server: &RedisServer, session: &SessionInit) -> String {
    server.run(&["KEYS", &format!("*{}*", session.id)])
}

/// A key without an end would stay for ever, and nobody would miss the memory.
#[tokio::test]
async fn all_keys_of_a_session_expire_with_it() {
    let server = RedisServer::start();
    let store = store(&server).await;
    let session = filled(&store).await;
    let keys = keys(&server, &session);
    assert_eq!(keys.lines().count(), 2, "the record and the history: {keys}");
    for n in 0..2 {
        for key in keys.lines() {
            let left: u64 = server.run(&["PTTL", key]).parse().unwrap();
            assert!((1_700_000..=1_800_000).contains(&left), "{key}: {left}, {n}");
            server.run(&["PEXPIRE", key, "10000"]);
        }
        let visited = visit(&store, &session).await.unwrap();
        assert!(visited.is_some(), "use postpones all");
    }
}

#[tokio::test]
async fn nothing_of_an_ended_session_is_left() {
    let server = RedisServer::start();
    let store = store(&server).await;
    let session = filled(&store).await;
    assert!(store.terminate(&session.id).await.unwrap());
    assert_eq!(server.run(&["KEYS", "*"]), "mcp:totals");
}

/// A restarted server knows neither the scripts nor the sessions.
#[tokio::test]
async fn a_server_that_has_forgotten_the_scripts_is_sent_them_again() {
    let server = RedisServer::start();
    let store = store(&server).await;
    let session = filled(&store).await;
    server.run(&["SCRIPT", "FLUSH"]);
    assert!(visit(&store, &session).await.unwrap().is_some());
    server.run(&["FLUSHALL"]);
    assert!(visit(&store, &session).await.unwrap().is_none());
}

/// While a deployment is being updated, both releases run.
#[tokio::test]
async fn a_record_of_a_newer_release_is_neither_lost_nor_changed() {
    let server = RedisServer::start();
    let store = store(&server).await;
    let session = filled(&store).await;
    let record = format!("mcp:{{{}}}", session.id);
    server.run(&["HSET", &record, "schema", "2", "new", "field"]);
    let visited = visit(&store, &session).await;
    let newer =
        matches!(visited, Err(StoreError::NewerSchema { found: 2, known: 1 }));
    assert!(newer, "{visited:?}");
    let appended = store.append_history(&session.id, &[entry("add", 2)]).await;
    assert!(appended.is_err());
    assert_eq!(server.run(&["HGET", &record, "requests"]), "0");

    server.run(&["HSET", &record, "schema", "1"]);
    assert!(visit(&store, &session).await.unwrap().is_some());
    assert_eq!(server.run(&["HGET", &record, "new"]), "field", "it is kept");
}

#[tokio::test]
async fn a_record_that_lacks_a_field_is_damaged_and_not_absent() {
    let server = RedisServer::start();
    let store = store(&server).await;
    for field in ["version", "created", "principal", "phase"] {
        let session = filled(&store).await;
        server.run(&["HDEL", &format!("mcp:{{{}}}", session.id), field]);
        let visited = visit(&store, &session).await;
        assert!(matches!(visited, Err(StoreError::Damaged(_))), "{visited:?}");
    }
}

/// An unreachable session is not a lost one.
#[tokio::test]
async fn a_server_that_is_gone_is_an_error_and_not_an_absent_session() {
    let server = RedisServer::start();
    let store = store(&server).await;
    let session = filled(&store).await;
    drop(server);
    let visited = visit(&store, &session).await;
    assert!(matches!(visited, Err(StoreError::Unavailable(_))), "{visited:?}");
}

#[tokio::test]
async fn nobody_connects_to_a_server_that_is_not_there() {
    let node = || NodeId::named("first");
    let refused =
        RedisStore::connect("not a url", SETTINGS, node()).await.err().unwrap();
    assert!(refused.to_string().starts_with("REDIS_URL cannot be used"));
    let url = RedisServer::start().url();
    let refused = RedisStore::connect(&url, SETTINGS, node()).await.err().unwrap();
    let expected =
        format!("cannot connect to Redis at {}", &url["redis://".len()..]);
    assert!(refused.to_string().starts_with(&expected), "{refused}");
}
