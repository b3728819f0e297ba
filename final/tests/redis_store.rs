//! What only a shared storage can get wrong: two nodes, two releases, faults.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/contract.rs"]
mod contract;
#[path = "support/redis_server.rs"]
mod redis_server;

use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::{
    SETTINGS, appending, entries, entry, lose_the_answer, opened, owned_by,
    record_key,
};
use futures_util::future::join_all;
use mcp_server::app::storage::{connect_store, on_redis};
use mcp_server::calculator::{Calculator, CalculatorSettings};
use mcp_server::engine::{self, Caller, Engine};
use mcp_server::events::{Frame, LogBounds};
use mcp_server::protocol::logging::Level;
use mcp_server::protocol::to_raw;
use mcp_server::redis::{
    ConnectError, STORE_DEADLINE, Servers, StoreMetrics, outage_reason,
};
use mcp_server::sessions::redis::GENERATION;
use mcp_server::sessions::{
    HistoryAppend, NodeId, Principal, RedisStore, SessionInit, SessionStore,
    StoreError, StoreSettings,
};
use mcp_server::telemetry::Metrics;
use prometheus::Registry;
use redis_server::RedisServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

async fn connect(url: &str, node: &str) -> RedisStore {
    try_connect(url, SETTINGS, node).await.expect("it connects")
}

async fn try_connect(
    url: &str,
    settings: StoreSettings,
    node: &str,
) -> Result<RedisStore, ConnectError> {
    let (servers, node) = (Servers::parse(url)?, NodeId::named(node));
    contract::connect(&servers, settings, node).await
}

/// A store that gives up after a time of its own, and is measured in `registry`.
async fn impatient(
    server: &RedisServer,
    deadline: Duration,
    registry: &Registry,
) -> RedisStore {
    let metrics = StoreMetrics::register(registry, deadline).unwrap();
    let servers = Servers::parse(&server.url()).unwrap();
    let node = NodeId::named("first");
    let store = connect_store(&servers, SETTINGS, node, "mcp", &metrics);
    store.await.unwrap()
}

#[tokio::test]
async fn a_session_is_reconstructed_once_on_the_other_node() {
    let server = RedisServer::start();
    let first = connect(&server.url(), "first").await;
    let second = connect(&server.url(), "second").await;
    let session = opened();
    first.create(&session).await.unwrap();

    let mut reconstructed = Vec::new();
    for node in [&first, &second, &second, &first, &first] {
        let entered =
            node.load_and_touch(&session.id, &session.principal, 1).await.unwrap();
        reconstructed.push(entered.unwrap().reconstructed);
    }
    assert_eq!(reconstructed, [false, true, false, true, false]);
}

/// Two parts of one call may reach Redis in either order, and only the one with the
/// request takes the session over.
#[tokio::test]
async fn an_append_without_a_request_does_not_reconstruct_a_session() {
    let server = RedisServer::start();
    let first = connect(&server.url(), "first").await;
    let second = connect(&server.url(), "second").await;
    let session = opened();
    first.create(&session).await.unwrap();

    let mut reconstructed = Vec::new();
    for requests in [0, 1, 0, 1] {
        let append = HistoryAppend { requests, ..entries(1) };
        let appended = second.append_history(&session.id, &append).await.unwrap();
        reconstructed.push(appended.unwrap().reconstructed);
    }
    assert_eq!(reconstructed, [false, true, false, false]);
}

/// The record is changed as a node of an earlier release does it: field by field,
/// and nobody is told.
#[tokio::test]
async fn what_an_earlier_release_changes_is_heeded_at_once() {
    let server = RedisServer::start();
    let store = connect(&server.url(), "first").await;
    let session = opened();
    let (id, who) = (&session.id, &session.principal);
    store.create(&session).await.unwrap();
    store.load_and_touch(id, who, 1).await.unwrap().unwrap();
    let key = record_key(id);
    let visit = HistoryAppend {
        requests: 1,
        resources: vec!["a://1".into(), "a://2".into()],
        ..entries(1)
    };
    let appended = async || {
        let appended = store.append_history(id, &visit).await.unwrap().unwrap();
        (appended.log_level, appended.subscribed.join(" "), appended.reconstructed)
    };
    assert_eq!(appended().await, (None, String::new(), false));
    server.run(&["HSET", &key, "sub:a://1", "1", "log_level", "debug"]);
    assert_eq!(appended().await, (Some(Level::Debug), "a://1".into(), false));
    // As many fields as before, but others; and it was visited there.
    server.run(&["HDEL", &key, "sub:a://1"]);
    server.run(&["HSET", &key, "sub:a://2", "1", "node", "another"]);
    assert_eq!(appended().await, (Some(Level::Debug), "a://2".into(), true));
    server.run(&["HSET", &key, "last_activity", "1"]);
    assert!(store.append_history(id, &visit).await.unwrap().is_none(), "long ago");
    assert_eq!(store.read_history(id).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_session_is_remembered_where_it_was_entered_by_who_entered_it() {
    let server = RedisServer::start();
    let first = connect(&server.url(), "first").await;
    let second = connect(&server.url(), "second").await;
    let session = opened();
    let (id, who) = (&session.id, &session.principal);
    first.create(&session).await.unwrap();
    assert!(first.cached(id, who).is_none());
    first.load_and_touch(id, who, 1).await.unwrap().unwrap();

    let (remembered, now) = first.cached(id, who).unwrap();
    assert_eq!(remembered.client, session.client);
    let time = server.run(&["TIME"]);
    let seconds: u64 = time.lines().next().unwrap().parse().unwrap();
    assert!((now.0 / 1000).abs_diff(seconds) <= 1, "{now} and {seconds}");
    assert!(second.cached(id, who).is_none());
    assert!(first.cached(id, &Principal::named("bob")).is_none());

    // It is gone, and the first that is told so makes the node forget.
    assert!(second.terminate(id, who).await.unwrap());
    assert!(first.cached(id, who).is_some());
    assert!(first.append_history(id, &entries(1)).await.unwrap().is_none());
    assert!(first.cached(id, who).is_none());
}

#[tokio::test]
async fn a_node_remembers_a_bounded_number_of_sessions() {
    let server = RedisServer::start();
    let settings = StoreSettings { max_per_owner: usize::MAX, ..SETTINGS };
    let store = try_connect(&server.url(), settings, "first").await.unwrap();
    let sessions: Vec<_> = (0..2 * GENERATION + 2).map(|_| opened()).collect();
    let enter = async |session: &SessionInit| {
        store.create(session).await.unwrap();
        let entered =
            store.load_and_touch(&session.id, &session.principal, 0).await;
        entered.unwrap().unwrap();
    };
    enter(&sessions[0]).await;
    for some in sessions[1..].chunks(64) {
        join_all(some.iter().map(enter)).await;
    }
    let is_remembered = |session: &&SessionInit| {
        store.cached(&session.id, &session.principal).is_some()
    };
    assert!(!is_remembered(&&sessions[0]));
    let latest = sessions.iter().rev().take(GENERATION);
    assert_eq!(latest.filter(is_remembered).count(), GENERATION);
}

#[tokio::test]
async fn unknown_fields_survive_every_change() {
    let server = RedisServer::start();
    let store = connect(&server.url(), "first").await;
    let session = opened();
    store.create(&session).await.unwrap();
    let key = record_key(session.id);
    server.run(&["HSET", &key, "from_a_newer_release", "kept"]);

    store
        .load_and_touch(&session.id, &session.principal, 1)
        .await
        .unwrap()
        .unwrap();
    store.subscribe(&session.id, "a://b").await.unwrap();
    store.unsubscribe(&session.id, "a://b").await.unwrap();
    store.append_history(&session.id, &entries(1)).await.unwrap();
    store.mark_ready(&session.id).await.unwrap();
    assert_eq!(server.run(&["HGET", &key, "from_a_newer_release"]), "kept");
}

#[tokio::test]
async fn a_newer_schema_is_an_error_and_not_a_missing_session() {
    let server = RedisServer::start();
    let store = connect(&server.url(), "first").await;
    let session = opened();
    store.create(&session).await.unwrap();
    let key = record_key(session.id);
    server.run(&["HSET", &key, "schema", "7"]);

    let (id, who) = (&session.id, &session.principal);
    let errors = [
        store.load(id, who).await.unwrap_err(),
        store.load_and_touch(id, who, 1).await.unwrap_err(),
        store.touch(id).await.unwrap_err(),
        store.append_history(id, &entries(1)).await.unwrap_err(),
        store.terminate(id, who).await.unwrap_err(),
    ];
    for error in errors {
        let newer = matches!(error, StoreError::NewerSchema { found: 7, known: 1 });
        assert!(newer, "{error:?}");
    }
    assert!(store.totals().await.unwrap().by_operation.values().all(|&n| n == 0));
}

#[tokio::test]
async fn a_damaged_record_is_an_error_and_not_a_missing_session() {
    let server = RedisServer::start();
    let store = connect(&server.url(), "first").await;
    let sessions = [opened(), opened(), opened(), opened()];
    let key = |n: usize| record_key(sessions[n].id);
    for session in &sessions[..3] {
        store.create(session).await.unwrap();
    }
    server.run(&["HDEL", &key(0), "version"]);
    server.run(&["HDEL", &key(1), "principal"]);
    server.run(&["HSET", &key(2), "schema", "one"]);
    server.run(&["SET", &key(3), "not a hash"]);
    for damaged in &sessions {
        let loaded = store.load(&damaged.id, &damaged.principal).await;
        assert!(matches!(loaded, Err(StoreError::Damaged(_))), "{loaded:?}");
        let entered =
            store.load_and_touch(&damaged.id, &damaged.principal, 1).await;
        assert!(matches!(entered, Err(StoreError::Damaged(_))), "{entered:?}");
    }
}

#[tokio::test]
async fn all_keys_of_a_session_expire_and_are_deleted_together() {
    let server = RedisServer::start();
    let store = connect(&server.url(), "first").await;
    let session = opened();
    store.create(&session).await.unwrap();
    store.append_history(&session.id, &entries(1)).await.unwrap();
    let keys = server.run(&["KEYS", &format!("{}*", record_key(session.id))]);
    assert_eq!(keys.lines().count(), 2);
    for key in keys.lines() {
        assert!(server.run(&["PTTL", key]).parse::<u64>().unwrap() > 1_700_000);
    }
    store.terminate(&session.id, &session.principal).await.unwrap();
    // Nothing is left but its shard's totals, for good.
    let id = session.id.to_string();
    let totals = format!("mcp:{{{}}}:totals", &id[id.len() - 2..]);
    assert_eq!(server.run(&["KEYS", "*"]), totals);
    assert_eq!(server.run(&["PTTL", &totals]), "-1");
}

#[tokio::test]
async fn the_index_is_refreshed_once_in_a_quarter_of_the_timeout() {
    let server = RedisServer::start();
    let store = connect(&server.url(), "first").await;
    let session = opened();
    store.create(&session).await.unwrap();
    let id = session.id.to_string();
    let (key, index) = (record_key(&id), "mcp:{index}");
    server.run(&["ZADD", index, "1", &id]);

    store.touch(&session.id).await.unwrap();
    assert_eq!(server.run(&["ZSCORE", index, &id]), "1");
    server.run(&["HINCRBY", &key, "indexed", "-450001"]);
    store.touch(&session.id).await.unwrap();
    assert_eq!(store.totals().await.unwrap().active_sessions, 1);
}

/// Also what happens when an entry was not refreshed in time.
#[tokio::test]
async fn a_sweep_keeps_a_session_that_is_alive() {
    let server = RedisServer::start();
    let store = connect(&server.url(), "first").await;
    let session = opened();
    store.create(&session).await.unwrap();
    let id = session.id.to_string();
    server.run(&["ZADD", "mcp:{index}", "1", &id]);
    assert_eq!(store.totals().await.unwrap().active_sessions, 0);

    assert_eq!(store.sweep().await.unwrap(), 0);
    assert_eq!(store.totals().await.unwrap().active_sessions, 1);
}

/// Its place is kept less often than it is used.
#[tokio::test]
async fn a_session_in_use_keeps_its_place_when_it_might_have_expired() {
    let server = RedisServer::start();
    let store = connect(&server.url(), "first").await;
    let sessions = [(); SETTINGS.max_per_owner].map(|()| owned_by("alice"));
    for session in &sessions {
        assert!(store.create(session).await.unwrap());
    }
    let (place, id) = ("mcp:owner:alice", sessions[0].id.to_string());
    let now = || -> u64 {
        let time = server.run(&["TIME"]);
        time.lines().next().unwrap().parse::<u64>().unwrap() * 1000
    };
    server.run(&["ZADD", place, &(now() - 1000).to_string(), &id]);
    assert!(!store.create(&owned_by("alice")).await.unwrap());
    let due: u64 = server.run(&["ZSCORE", place, &id]).parse().unwrap();
    assert!(due > now() + 1_700_000, "it is not looked at again before");
}

/// Anybody may ask for it without a token.
#[tokio::test]
async fn a_probe_is_one_script_of_two_commands_however_many_sessions_there_are() {
    let server = RedisServer::start();
    let store = connect(&server.url(), "first").await;
    for _ in 0..40 {
        store.create(&owned_by(&NodeId::random().to_string())).await.unwrap();
    }
    // The server does not know the script before the first one.
    assert_eq!(store.probe().await.unwrap().active_sessions, 40);
    server.run(&["CONFIG", "RESETSTAT"]);
    assert_eq!(store.probe().await.unwrap().active_sessions, 40);
    let ran = server.run(&["INFO", "commandstats"]);
    let ran = ran.lines().filter_map(|line| line.strip_prefix("cmdstat_"));
    let ran = ran.filter(|line| !line.starts_with("config|resetstat"));
    let mut ran: Vec<&str> =
        ran.filter_map(|line| line.split(',').next()).collect();
    ran.sort_unstable();
    assert_eq!(ran, ["evalsha:calls=1", "set:calls=1", "zcount:calls=1"]);
    let life = server.run(&["PTTL", "mcp:{index}:probe"]).parse::<i64>().unwrap();
    assert!(life <= 1000, "{life} ms");
}

async fn is_well_again(store: &impl SessionStore) {
    let well = async {
        while store.probe().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(5), well).await.expect("it is well again");
}

#[tokio::test]
async fn a_probe_says_in_a_word_why_sessions_cannot_be_written() {
    let server = RedisServer::start();
    let store = connect(&server.url(), "first").await;
    for (refuse, accept, word) in [
        ("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "out-of-memory"),
        ("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", "read-only"),
        ("ACL SETUSER default -set", "ACL SETUSER default +set", "denied"),
        ("ACL SETUSER default -evalsha", "ACL SETUSER default +evalsha", "denied"),
        (
            "CONFIG SET min-replicas-to-write 1",
            "CONFIG SET min-replicas-to-write 0",
            "too-few-replicas",
        ),
    ] {
        let run = |line: &str| server.run(&line.split(' ').collect::<Vec<_>>());
        run(refuse);
        let refused = store.probe().await.expect_err(refuse);
        assert_eq!(outage_reason(refused.cause()), word, "{refuse}: {refused:?}");
        run(accept);
        is_well_again(&store).await;
    }
}

#[tokio::test]
async fn an_eviction_policy_that_can_lose_parts_of_sessions_is_named() {
    let server = RedisServer::start();
    server.run(&["CONFIG", "SET", "maxmemory-policy", "volatile-lru"]);
    let store = connect(&server.url(), "first").await;
    let policy = store.probe().await.unwrap().eviction_policy;
    assert_eq!(policy.as_deref(), Some("volatile-lru"));
    server.run(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    store.sweep().await.unwrap();
    assert_eq!(store.probe().await.unwrap().eviction_policy, None);
}

/// A denied command that no probe sends, for example.
#[tokio::test]
async fn a_call_that_has_just_failed_makes_a_probe_fail_too() {
    let server = RedisServer::start();
    let store = connect(&server.url(), "first").await;
    let session = opened();
    store.create(&session).await.unwrap();
    server.run(&["ACL", "SETUSER", "default", "-rpush"]);
    assert!(store.probe().await.is_ok());
    store.append_history(&session.id, &entries(1)).await.unwrap_err();
    let unwell = store.probe().await.unwrap_err();
    assert_eq!(outage_reason(unwell.cause()), "denied");
    is_well_again(&store).await;
}

#[tokio::test]
async fn a_failed_create_gives_the_owners_place_back() {
    let server = RedisServer::start();
    let store = connect(&server.url(), "first").await;
    for _ in 0..=SETTINGS.max_per_owner {
        let session = owned_by("alice");
        server.run(&["SET", &record_key(session.id), "in the way"]);
        assert!(store.create(&session).await.is_err());
    }
    assert!(store.create(&owned_by("alice")).await.unwrap());
    assert_eq!(store.totals().await.unwrap().active_sessions, 1);
}

/// A restarted server has forgotten the scripts as well.
#[tokio::test]
async fn a_forgotten_script_is_sent_again() {
    let server = RedisServer::start();
    let store = connect(&server.url(), "first").await;
    let session = opened();
    store.create(&session).await.unwrap();
    server.run(&["SCRIPT", "FLUSH"]);
    assert!(
        store.append_history(&session.id, &entries(1)).await.unwrap().is_some()
    );
    assert!(
        store.append_history(&session.id, &entries(1)).await.unwrap().is_some()
    );
    assert_eq!(store.read_history(&session.id).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_server_that_stands_still_is_an_error_and_not_a_missing_session() {
    let server = RedisServer::start();
    let store = connect(&server.url(), "first").await;
    let session = opened();
    store.create(&session).await.unwrap();
    let visit = HistoryAppend { requests: 1, ..entries(1) };
    store.append_history(&session.id, &visit).await.unwrap().unwrap();
    server.pause();

    let started = Instant::now();
    let (loaded, changed) = tokio::join!(
        store.load(&session.id, &session.principal),
        store.append_history(&session.id, &visit),
    );
    assert!(started.elapsed() < Duration::from_millis(1300));
    assert!(matches!(loaded, Err(StoreError::Unavailable(_))), "{loaded:?}");
    assert!(matches!(changed, Err(StoreError::OutcomeUnknown(_))), "{changed:?}");

    server.resume();
    works_within(&store, &opened(), Duration::from_secs(2)).await;
    // The visit was carried out after all, and nobody has sent it twice.
    let found = store.load(&session.id, &session.principal).await.unwrap();
    assert_eq!(found.expect("the session is found").requests, 2);
}

#[tokio::test]
async fn a_server_that_is_gone_is_an_error_until_it_is_back() {
    let mut server = RedisServer::start();
    let store = connect(&server.url(), "first").await;
    let session = opened();
    store.create(&session).await.unwrap();
    server.kill();

    for _ in 0..3 {
        let started = Instant::now();
        let loaded = store.load(&session.id, &session.principal).await;
        assert!(matches!(loaded, Err(StoreError::Unavailable(_))), "{loaded:?}");
        assert!(started.elapsed() < Duration::from_millis(1300));
    }
    // By now it is known that there is no connection: nothing can have run.
    let touched = store.touch(&session.id).await;
    assert!(matches!(touched, Err(StoreError::Unavailable(_))), "{touched:?}");

    server.restart();
    works_within(&store, &opened(), Duration::from_secs(2)).await;
    let found = store.load(&session.id, &session.principal).await.unwrap();
    assert!(found.is_none(), "the server came back empty");
}

#[tokio::test]
async fn a_write_is_not_sent_again_when_its_answer_is_lost() {
    let server = RedisServer::start();
    let store = Arc::new(connect(&server.url(), "first").await);
    let session = opened();
    store.create(&session).await.unwrap();
    lose_the_answer(&server, store, &session).await;
}

async fn works_within(
    store: &RedisStore,
    session: &mcp_server::sessions::SessionInit,
    limit: Duration,
) {
    let started = Instant::now();
    while store.create(session).await.is_err() {
        assert!(started.elapsed() < limit, "it does not work again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(store.touch(&session.id).await.unwrap());
}

#[tokio::test]
async fn the_reason_for_no_connection_names_the_address_and_no_password() {
    let server = RedisServer::start_with(&["--requirepass", "correct horse"]);
    let port = server.port();
    let right = format!("redis://:correct%20horse@127.0.0.1:{port}");
    connect(&right, "first").await.totals().await.unwrap();

    let wrong = format!("redis://:battery@127.0.0.1:{port}");
    let text = refused(&wrong).await;
    assert!(text.contains(&format!("127.0.0.1:{port}")), "{text}");
    drop(server);
    for url in
        [wrong, "not a url:battery".into(), "rediss://:battery@x:port".into()]
    {
        let text = refused(&url).await;
        assert!(!text.contains("battery"), "{text}");
    }
}

/// A choice between two servers would be a choice between two truths.
#[tokio::test]
async fn several_servers_must_be_one_cluster() {
    let servers = [RedisServer::start(), RedisServer::start()];
    let urls = format!("{},{}", servers[0].url(), servers[1].url());
    assert!(refused(&urls).await.contains("not part of a cluster"));
}

/// The error and everything that it says is its cause.
async fn refused(url: &str) -> String {
    let store = try_connect(url, SETTINGS, "first").await;
    let mut error: &dyn std::error::Error = &store.err().expect("it is refused");
    let mut text = format!("{error:?} {error}");
    while let Some(source) = error.source() {
        text = format!("{text} {source:?} {source}");
        error = source;
    }
    text
}

/// The storage's client may give up before the deadline does.
#[tokio::test]
async fn a_visit_without_an_answer_is_unavailable_whoever_gave_up() {
    let server = RedisServer::start();
    let store = impatient(&server, 3 * STORE_DEADLINE, &Registry::new()).await;
    let session = opened();
    store.create(&session).await.unwrap();
    server.pause();
    let (entered, touched, changed) = tokio::join!(
        store.load_and_touch(&session.id, &session.principal, 1),
        store.touch(&session.id),
        store.mark_ready(&session.id),
    );
    assert!(matches!(entered, Err(StoreError::Unavailable(_))), "{entered:?}");
    assert!(matches!(touched, Err(StoreError::Unavailable(_))), "{touched:?}");
    assert!(matches!(changed, Err(StoreError::OutcomeUnknown(_))), "{changed:?}");
}

/// The reservation is carried out when the server goes on, and its caller has
/// left: it must not cost the owner a place for as long as a session would.
#[tokio::test]
async fn a_create_that_was_given_up_holds_no_place() {
    let server = RedisServer::start();
    let store = impatient(&server, STORE_DEADLINE / 4, &Registry::new()).await;
    assert!(store.create(&owned_by("alice")).await.unwrap());
    server.pause();
    assert!(store.create(&owned_by("alice")).await.is_err());
    server.resume();

    let places = ["ZRANGE", "mcp:owner:alice", "0", "-1", "WITHSCORES"];
    let started = Instant::now();
    while server.run(&places).lines().count() < 4 {
        assert!(started.elapsed() < Duration::from_secs(2), "not carried out");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let now: u64 = server.run(&["TIME"]).lines().next().unwrap().parse().unwrap();
    let until = |line: &str| line.parse::<u64>().ok().map(|ms| ms / 1000 - now);
    let left: Vec<u64> = server.run(&places).lines().filter_map(until).collect();
    assert!(left[0] <= 10 && left[1] > 1700, "{left:?} seconds");
    // The key outlives the session, however seldom that says that it is used.
    assert!(
        server.run(&["PTTL", "mcp:owner:alice"]).parse::<u64>().unwrap()
            > 1_800_000
    );
}

/// What happens between the node and Redis cannot come between a history and the
/// totals: here the connection breaks before some appends were carried out, and the
/// others are carried out by a node that has no time to do anything else.
#[tokio::test]
async fn what_is_counted_is_what_was_recorded_whatever_became_of_the_answer() {
    let server = RedisServer::start();
    let (reader, mut expected) = (connect(&server.url(), "reader").await, 0);
    for round in 0..10 {
        let store = Arc::new(connect(&server.url(), "first").await);
        let session = opened();
        store.create(&session).await.unwrap();
        store.append_history(&session.id, &entries(2)).await.unwrap().unwrap();
        server.run(&["CLIENT", "PAUSE", "5000", "WRITE"]);
        let (late, id) = (store.clone(), session.id);
        let call =
            tokio::spawn(
                async move { late.append_history(&id, &entries(1)).await },
            );
        while !server.run(&["CLIENT", "LIST"]).contains(" flags=b ") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if round % 2 == 0 {
            // It will not be carried out, and its caller cannot know.
            server.run(&["CLIENT", "KILL", "TYPE", "normal"]);
        } else {
            // It will be carried out, and its caller is not there any more.
            call.abort();
        }
        server.run(&["CLIENT", "UNPAUSE"]);
        let known = call.await;
        assert!(known.is_err() || known.unwrap().is_err());
        works_within(&reader, &opened(), Duration::from_secs(2)).await;
        let found = reader.load(&session.id, &session.principal).await.unwrap();
        expected += found.expect("the session is found").recorded;
        let totals = reader.totals().await.unwrap();
        assert_eq!(totals.by_operation["add"], expected, "round {round}");
    }
    assert_eq!(expected, 25, "both kinds of round");
}

/// Nodes that append to sessions that end and expire meanwhile: what a client was
/// told is recorded is counted, once, and remains so.
#[tokio::test]
async fn an_ended_session_takes_no_count_with_it() {
    let server = RedisServer::start();
    let settings = StoreSettings { timeout: Duration::from_secs(1), ..SETTINGS };
    let nodes = [
        try_connect(&server.url(), settings, "first").await.unwrap(),
        try_connect(&server.url(), settings, "second").await.unwrap(),
    ];
    let sessions: Vec<_> = (0..24).map(|_| opened()).collect();
    let three = [entry("add", "1"), entry("divide", "2"), entry("add", "3")];
    let three = appending(three.to_vec());
    let recorded =
        join_all(sessions.iter().enumerate().map(async |(n, session)| {
            nodes[0].create(session).await.unwrap();
            let (id, who, mut recorded) = (&session.id, &session.principal, 0);
            let (some, ()) = tokio::join!(
                join_all(
                    (0..8).map(|call| nodes[call % 2].append_history(id, &three))
                ),
                async {
                    if n % 3 == 0 {
                        nodes[1].terminate(id, who).await.unwrap();
                    }
                }
            );
            for appended in some {
                recorded += u64::from(appended.unwrap().is_some());
            }
            recorded
        }))
        .await;
    tokio::time::sleep(2 * settings.timeout).await;
    let mut swept = 0;
    for node in &nodes {
        swept += node.sweep().await.unwrap();
    }
    assert_eq!(swept, 16);
    let recorded: u64 = recorded.iter().sum();
    for node in &nodes {
        let totals = node.totals().await.unwrap();
        assert_eq!(totals.active_sessions, 0);
        assert_eq!(totals.by_operation["add"], 2 * recorded);
        assert_eq!(totals.by_operation["divide"], recorded);
    }
}

/// A server in another region: the sweep must not be a chain of waits.
#[tokio::test]
async fn a_sweep_ends_in_time_far_away_from_the_server() {
    let server = RedisServer::start();
    let settings =
        StoreSettings { timeout: Duration::from_millis(500), ..SETTINGS };
    let url = far_away(server.port()).await;
    let store = try_connect(&url, settings, "first").await.unwrap();
    for created in
        join_all((0..64).map(|_| async { store.create(&opened()).await })).await
    {
        assert!(created.unwrap());
    }
    tokio::time::sleep(2 * settings.timeout).await;
    let started = Instant::now();
    assert_eq!(store.sweep().await.unwrap(), 64);
    assert!(started.elapsed() < STORE_DEADLINE);
}

/// A way to the server that takes 20 ms, there and back again.
async fn far_away(port: u16) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let (near, far) = (near.into_split(), far.into_split());
            tokio::spawn(delay(near.0, far.1));
            tokio::spawn(delay(far.0, near.1));
        }
    });
    url
}

async fn delay(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
    let mut bytes = vec![0; 1 << 20];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}

const ENGINE: engine::EngineSettings = engine::EngineSettings {
    session_timeout: Duration::from_secs(1),
    audit_events: 0,
    lease: Duration::from_secs(10),
    stall: Duration::from_secs(30),
    max_subscriptions: 10,
};

/// D009: open streams keep their sessions, whatever is wrong with another one.
#[tokio::test]
async fn an_unreadable_session_does_not_cost_the_others_their_upkeep() {
    let server = RedisServer::start();
    let settings = StoreSettings { timeout: Duration::from_secs(1), ..SETTINGS };
    let store = try_connect(&server.url(), settings, "first").await;
    let store = Arc::new(store.unwrap());
    let servers = Servers::parse(&server.url()).unwrap();
    let storage =
        on_redis(store.clone(), servers, LogBounds::default(), ENGINE.lease);
    let service = Arc::new(Calculator::new(CalculatorSettings::default()).unwrap());
    let metrics = Arc::new(Metrics::new().unwrap());
    let engine = Arc::new(Engine::new(service, storage, ENGINE, metrics).unwrap());
    let (sessions, mut open) = ([(); 16].map(|()| opened()), Vec::new());
    for session in &sessions {
        store.create(session).await.unwrap();
        let (principal, owner) = (session.principal.clone(), "alice".into());
        let caller = Caller { principal, owner };
        let entered = engine.load_and_touch(&session.id, &caller, 0).await.unwrap();
        open.push(
            engine
                .streams
                .open_get_stream(&entered, CancellationToken::new())
                .await
                .unwrap(),
        );
    }
    for damaged in &sessions[..8] {
        server.run(&["HDEL", &record_key(damaged.id), "principal"]);
    }
    let upkeep = engine.upkeep();
    assert!(timeout(2 * settings.timeout, upkeep).await.is_err());
    for session in &sessions[8..] {
        assert!(store.touch(&session.id).await.unwrap());
    }
}

/// L058: a hint that a stream is read elsewhere may be an old one, from before it
/// came back. Its reader looks, and goes on.
#[tokio::test]
async fn a_stream_that_came_back_outlives_the_hint_that_it_left() {
    let server = RedisServer::start();
    let store = Arc::new(connect(&server.url(), "first").await);
    let servers = Servers::parse(&server.url()).unwrap();
    let storage =
        on_redis(store.clone(), servers, LogBounds::default(), ENGINE.lease);
    let (log, metrics) = (storage.log.clone(), Arc::new(Metrics::new().unwrap()));
    let service = Arc::new(Calculator::new(CalculatorSettings::default()).unwrap());
    let engine = Engine::new(service, storage, ENGINE, metrics.clone());
    let engine = Arc::new(engine.unwrap());
    let upkeep = tokio::spawn(engine.clone().upkeep());
    let heard = async |kind: &str| {
        let line = format!("mcp_bus_messages_total{{kind=\"{kind}\"}} 1");
        while !metrics.render().contains(&line) {
            tokio::task::yield_now().await;
        }
    };
    heard("reconnected").await;

    let session = opened();
    store.create(&session).await.unwrap();
    let (principal, owner) = (session.principal.clone(), "alice".into());
    let caller = Caller { principal, owner };
    let entered = engine.load_and_touch(&session.id, &caller, 0).await.unwrap();
    let mut reader = engine
        .streams
        .open_get_stream(&entered, CancellationToken::new())
        .await
        .unwrap();
    server.run(&[
        "PUBLISH",
        "mcp:node:first",
        &format!("{} claimed g1", session.id),
    ]);
    heard("claimed").await;
    let message = to_raw(&"said afterwards");
    assert!(log.send_to_get_stream(&session.id, None, &message).await.unwrap());

    let frame = timeout(Duration::from_secs(10), reader.next()).await;
    let Ok(Some(Frame::Message(_, said))) = frame else { panic!("{frame:?}") };
    assert_eq!(said.get(), message.get());
    upkeep.abort();
}

#[tokio::test]
async fn a_store_gives_up_at_its_deadline_and_counts_it() {
    let (server, registry) = (RedisServer::start(), Registry::new());
    let store = impatient(&server, STORE_DEADLINE / 4, &registry).await;
    let session = opened();
    store.create(&session).await.unwrap();
    server.pause();

    let loaded = store.load(&session.id, &session.principal).await;
    assert!(matches!(loaded, Err(StoreError::Unavailable(_))), "{loaded:?}");
    let changed = store.mark_ready(&session.id).await;
    assert!(matches!(changed, Err(StoreError::OutcomeUnknown(_))), "{changed:?}");

    let text = prometheus::TextEncoder::new().encode_to_string(&registry.gather());
    let text = text.unwrap();
    for line in [
        r#"mcp_store_errors_total{operation="create"} 0"#,
        r#"mcp_store_errors_total{operation="load"} 1"#,
        r#"mcp_store_errors_total{operation="mark_ready"} 1"#,
        r#"mcp_store_operation_duration_seconds_count{operation="create"} 1"#,
        r#"mcp_store_operation_duration_seconds_count{operation="mark_ready"} 1"#,
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}
