//! The primary moves, and a reconnect is refused for a while: a node follows, and
//! keeps trying.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/contract.rs"]
mod contract;
#[path = "support/forwarder.rs"]
mod forwarder;
#[path = "support/redis_server.rs"]
mod redis_server;

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::{SETTINGS, opened};
use forwarder::Forwarder;
use mcp_server::bus::{Bus, BusMessage, RedisBus, RemoteChange};
use mcp_server::redis::{ConnectError, Servers};
use mcp_server::sessions::{
    NodeId, Phase, RedisStore, SessionInit, SessionStore, StoreError,
};
use redis::aio::MultiplexedConnection;
use redis::{Client, FromRedisValue, Value};
use redis_server::{RedisServer, free_port};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// The longest until a node works again, from the moment at which it can.
const BACK: Duration = Duration::from_secs(2);

/// The longest until a test gives up.
const PATIENCE: Duration = Duration::from_secs(20);

async fn connect(url: &str, node: &str) -> Result<RedisStore, ConnectError> {
    let (servers, node) = (Servers::parse(url)?, NodeId::named(node));
    contract::connect(&servers, SETTINGS, node).await
}

async fn eventually(
    what: &str,
    within: Duration,
    mut done: impl AsyncFnMut() -> bool,
) {
    let started = Instant::now();
    while !done().await {
        assert!(started.elapsed() < within, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The error and its causes in one text.
fn chain(error: &StoreError) -> String {
    let (mut text, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// The node says that storage is unavailable, and why.
async fn is_refused(store: &RedisStore, session: &SessionInit, why: &str) {
    eventually(why, PATIENCE, async || {
        let touched = store.touch(&session.id).await;
        let Err(StoreError::Unavailable(_)) = &touched else { return false };
        chain(&touched.unwrap_err()).contains(why)
    })
    .await;
}

async fn works(store: &RedisStore) {
    eventually("it works again", BACK, async || {
        let session = opened();
        store.create(&session).await.is_ok()
            && store.touch(&session.id).await.is_ok_and(|found| found)
    })
    .await;
}

/// A primary and its replica, and an address that leads to the primary.
async fn pair(settings: &[&str]) -> (RedisServer, RedisServer, Forwarder) {
    let first = RedisServer::start_with(settings);
    let port = first.port().to_string();
    let second =
        RedisServer::start_with(&["--replicaof", &format!("127.0.0.1 {port}")]);
    eventually("the replica follows", PATIENCE, async || {
        second.run(&["INFO", "replication"]).contains("master_link_status:up")
    })
    .await;
    let address = Forwarder::to(first.port()).await;
    (first, second, address)
}

fn key(session: &SessionInit) -> String {
    contract::record_key(session.id)
}

/// The second server becomes the primary and knows of the session; the first one
/// becomes a replica that has lost its primary.
async fn fail_over(
    first: &RedisServer,
    second: &RedisServer,
    session: &SessionInit,
) {
    eventually("it is replicated", PATIENCE, async || {
        second.run(&["EXISTS", &key(session)]) == "1"
    })
    .await;
    second.run(&["REPLICAOF", "NO", "ONE"]);
    first.run(&["REPLICAOF", "127.0.0.1", &free_port().to_string()]);
}

/// The old connection stays open, to what is a replica now.
#[tokio::test]
async fn a_primary_that_moved_is_followed() {
    for (settings, refusal) in [
        (&[][..], "ReadOnly"),
        (&["--replica-serve-stale-data", "no"], "MasterDown"),
    ] {
        let (first, second, address) = pair(settings).await;
        let store = connect(&address.url(), "first").await.unwrap();
        let session = opened();
        store.create(&session).await.unwrap();
        fail_over(&first, &second, &session).await;
        is_refused(&store, &session, refusal).await;
        address.move_to(second.port());
        works(&store).await;
        assert!(store.touch(&session.id).await.unwrap(), "{refusal}");
    }
}

/// It has become the replica of the new primary and takes over its data.
#[tokio::test]
async fn a_primary_that_moved_is_followed_while_the_old_server_is_loading() {
    let slow = ["--key-load-delay", "20000"];
    let often = ["--loading-process-events-interval-bytes", "1024"];
    let first = RedisServer::start_with(&[slow, often].concat());
    let second = RedisServer::start_with(&["--repl-diskless-sync-delay", "0"]);
    second.run(&["EVAL", FILL, "0"]);
    let address = Forwarder::to(first.port()).await;
    let store = connect(&address.url(), "first").await.unwrap();
    let session = opened();
    store.create(&session).await.unwrap();
    first.run(&["REPLICAOF", "127.0.0.1", &second.port().to_string()]);
    is_refused(&store, &session, "BusyLoading").await;
    address.move_to(second.port());
    works(&store).await;
}

/// Enough for some seconds of loading.
const FILL: &str = "for n = 1, 500 do
  redis.call('SET', 'key' .. n, string.rep(n, 500)) end";

/// Publishing reaches the new primary only: a subscription to the old one would
/// hear nothing, and would not break.
#[tokio::test]
async fn the_subscription_moves_with_the_primary() {
    let (first, second, address) = pair(&[]).await;
    let store = connect(&address.url(), "first").await.unwrap();
    let (store, lease) = (Arc::new(store), Duration::from_secs(60));
    let servers = Servers::parse(&address.url()).unwrap();
    let bus = RedisBus::new(store.clone(), servers.clone(), lease);
    let (heard, mut hints) = mpsc::channel(8);
    let listening = tokio::spawn(async move { bus.subscribe(heard).await });
    assert_eq!(hints.recv().await, Some(BusMessage::Reconnected));

    let session = opened();
    store.create(&session).await.unwrap();
    fail_over(&first, &second, &session).await;
    is_refused(&store, &session, "ReadOnly").await;
    address.move_to(second.port());
    works(&store).await;
    let told = timeout(PATIENCE, hints.recv()).await;
    assert_eq!(told.unwrap(), Some(BusMessage::Reconnected));
    let other = Arc::new(connect(&second.url(), "second").await.unwrap());
    let other = RedisBus::new(other, servers, lease);
    let news = RemoteChange::Resource("a://b".to_owned());
    other.publish(&news).await.unwrap();
    let told = timeout(PATIENCE, hints.recv()).await;
    assert_eq!(told.unwrap(), Some(BusMessage::Changed(news)));
    listening.abort();
}

/// A replica answers reads, with what was true before.
#[tokio::test]
async fn a_node_that_only_reads_follows_the_primary_too() {
    let (first, second, address) = pair(&[]).await;
    let reader = connect(&address.url(), "first").await.unwrap();
    let session = opened();
    reader.create(&session).await.unwrap();
    fail_over(&first, &second, &session).await;
    address.move_to(second.port());
    let writer = connect(&second.url(), "second").await.unwrap();
    assert!(writer.mark_ready(&session.id).await.unwrap());
    eventually("it reads what was written", 2 * BACK, async || {
        let found = reader.load(&session.id, &session.principal).await;
        found.is_ok_and(|found| found.unwrap().phase == Phase::Ready)
    })
    .await;
}

/// Nothing breaks when a server freezes: its system still acknowledges.
#[tokio::test]
async fn a_primary_that_moved_is_followed_while_the_old_server_is_frozen() {
    let (first, second, address) = pair(&[]).await;
    let store = connect(&address.url(), "first").await.unwrap();
    let session = opened();
    store.create(&session).await.unwrap();
    fail_over(&first, &second, &session).await;
    first.pause();
    address.move_to(second.port());
    eventually("it works again", 2 * BACK, async || {
        store.touch(&session.id).await.is_ok_and(|found| found)
    })
    .await;
}

/// Otherwise it would serve reads and refuse everything else.
#[tokio::test]
async fn a_replica_is_no_storage_to_start_with() {
    let (_first, second, _) = pair(&[]).await;
    let error = connect(&second.url(), "first").await.err().unwrap();
    assert!(error.to_string().contains("replica"), "{error}");
}

/// A server at which a node has a user of its own.
struct Guarded {
    server: RedisServer,
    /// Opened before anybody is refused.
    admin: MultiplexedConnection,
}

impl Guarded {
    async fn start() -> Self {
        let server = RedisServer::start();
        let client = Client::open(server.url()).unwrap();
        let admin = client.get_multiplexed_async_connection().await.unwrap();
        let mut guarded = Self { server, admin };
        guarded.run::<()>("ACL SETUSER node on >secret ~* &* +@all").await;
        guarded
    }

    async fn run<T: FromRedisValue>(&mut self, command: &str) -> T {
        let mut words = command.split(' ');
        let mut command = redis::cmd(words.next().unwrap());
        command.arg(words.collect::<Vec<_>>());
        command.query_async(&mut self.admin).await.unwrap()
    }

    fn url(&self) -> String {
        format!("redis://node:secret@127.0.0.1:{}", self.server.port())
    }
}

/// The connection breaks, and connecting again is answered with an error.
#[tokio::test]
async fn a_reconnect_that_is_refused_is_tried_again_until_it_is_not() {
    for (refuse, allow, why) in [
        ("ACL SETUSER node off", "ACL SETUSER node on", "WRONGPASS"),
        (
            "ACL SETUSER node resetpass >other",
            "ACL SETUSER node resetpass >secret",
            "WRONGPASS",
        ),
        ("CONFIG SET maxclients 1", "CONFIG SET maxclients 1000", "not connected"),
        ("ACL SETUSER node -info", "ACL SETUSER node +info", "NoPerm"),
    ] {
        let mut guarded = Guarded::start().await;
        let store = connect(&guarded.url(), "first").await.unwrap();
        let session = opened();
        store.create(&session).await.unwrap();
        guarded.run::<()>(refuse).await;
        guarded.run::<u64>("CLIENT KILL TYPE normal SKIPME yes").await;
        is_refused(&store, &session, why).await;
        guarded.run::<()>(allow).await;
        works(&store).await;
        assert!(store.touch(&session.id).await.unwrap(), "{refuse}");
    }
}

/// The same for the subscription, which has a connection of its own.
#[tokio::test]
async fn a_subscription_that_is_refused_is_tried_again_until_it_is_not() {
    let mut guarded = Guarded::start().await;
    let store = Arc::new(connect(&guarded.url(), "first").await.unwrap());
    let servers = Servers::parse(&guarded.url()).unwrap();
    let bus = RedisBus::new(store, servers, Duration::from_secs(60));
    let (heard, mut hints) = mpsc::channel(8);
    let listening = tokio::spawn(async move { bus.subscribe(heard).await });
    assert_eq!(hints.recv().await, Some(BusMessage::Reconnected));
    for (refuse, allow) in [
        ("ACL SETUSER node off", "ACL SETUSER node on"),
        ("ACL SETUSER node resetchannels", "ACL SETUSER node &*"),
    ] {
        guarded.run::<()>("ACL LOG RESET").await;
        guarded.run::<()>(refuse).await;
        // Taking channels away has ended it already.
        assert!(guarded.run::<u64>("CLIENT KILL TYPE pubsub").await <= 1);
        eventually("it is refused", PATIENCE, async || {
            !guarded.run::<Vec<Value>>("ACL LOG").await.is_empty()
        })
        .await;
        guarded.run::<()>(allow).await;
        let told = timeout(PATIENCE, hints.recv()).await;
        assert_eq!(told.unwrap(), Some(BusMessage::Reconnected), "{refuse}");
    }
    listening.abort();
}
