//! The Redis store on a cluster, and over TLS.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/contract.rs"]
mod contract;
#[path = "support/redis_server.rs"]
mod redis_server;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::{SETTINGS, entries, lose_the_answer, opened, record_key};
use mcp_server::bus::{Bus, BusMessage, RedisBus, RemoteChange};
use mcp_server::redis::Servers;
use mcp_server::sessions::{
    NodeId, RedisStore, SessionInit, SessionStore, StoreError, StoreSettings,
};
use redis_server::RedisServer;
use tokio::sync::mpsc;

async fn connect(url: &str, settings: StoreSettings, node: &str) -> RedisStore {
    let (servers, node) = (Servers::parse(url).unwrap(), NodeId::named(node));
    contract::connect(&servers, settings, node).await.expect("it connects")
}

#[tokio::test]
async fn a_cluster_is_recognised_and_keeps_sessions_on_all_its_servers() {
    let servers = RedisServer::start_cluster();
    let settings = StoreSettings { timeout: Duration::from_secs(3), ..SETTINGS };
    // One address is enough, and several may be given.
    let first = connect(&servers[2].url(), settings, "first").await;
    let all = servers.each_ref().map(|server| server.url()).join(",");
    let second = connect(&all, settings, "second").await;

    let sessions: Vec<SessionInit> = (0..30).map(|_| opened()).collect();
    for session in &sessions {
        assert!(first.create(session).await.unwrap());
        let entered = second
            .load_and_touch(&session.id, &session.principal, 1)
            .await
            .unwrap();
        assert!(entered.expect("the session is found").reconstructed);
        assert!(
            second
                .append_history(&session.id, &entries(2))
                .await
                .unwrap()
                .is_some()
        );
        assert_eq!(first.read_history(&session.id).await.unwrap().len(), 2);
    }
    for server in &servers {
        assert!(server.run(&["KEYS", "mcp:{*"]).lines().count() > 2);
    }
    let totals = first.totals().await.unwrap();
    assert_eq!((totals.active_sessions, totals.by_operation["add"]), (30, 60));

    for session in &sessions[..10] {
        assert!(first.terminate(&session.id, &session.principal).await.unwrap());
        assert!(!second.touch(&session.id).await.unwrap());
    }
    assert_eq!(second.totals().await.unwrap().active_sessions, 20);

    let (started, mut swept) = (Instant::now(), 0);
    while swept < 20 {
        assert!(started.elapsed() < Duration::from_secs(20), "{swept} were swept");
        swept += first.sweep().await.unwrap() + second.sweep().await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(swept, 20);
}

/// A cluster that grows moves slots from one server to another, key by key.
#[tokio::test]
async fn a_session_that_moves_to_another_server_is_found_all_the_time() {
    let servers = RedisServer::start_cluster();
    let store = connect(&servers[0].url(), SETTINGS, "first").await;
    let session = opened();
    store.create(&session).await.unwrap();
    store.append_history(&session.id, &entries(1)).await.unwrap();

    let key = record_key(session.id);
    let slot = servers[0].run(&["CLUSTER", "KEYSLOT", &key]);
    let (from, to) = {
        let at = |s: &&RedisServer| s.run(&["EXISTS", &key]) == "1";
        let from = servers.iter().find(at).expect("one server has the session");
        (from, servers.iter().find(|s| s.port() != from.port()).unwrap())
    };
    let name = |server: &RedisServer| server.run(&["CLUSTER", "MYID"]);
    to.run(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &name(from)]);
    from.run(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &name(to)]);
    let (port, history) = (to.port().to_string(), format!("{key}:history"));
    let moved = ["MIGRATE", "127.0.0.1", &port, "", "0", "1000", "KEYS"];
    from.run(&[&moved[..], &[&key, &history]].concat());

    // On its way: the old server says "ask there".
    assert_eq!(store.read_history(&session.id).await.unwrap().len(), 1);
    // Scripts have to wait, because not all keys of the session exist: the servers
    // cannot know whether the others are still to come.
    let more = entries(1);
    let (appended, ()) =
        tokio::join!(store.append_history(&session.id, &more), async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            for server in [to, from] {
                server.run(&["CLUSTER", "SETSLOT", &slot, "NODE", &name(to)]);
            }
        });
    assert!(appended.unwrap().is_some());
    // Arrived: the old server says "moved".
    assert!(
        store.append_history(&session.id, &entries(1)).await.unwrap().is_some()
    );
    let found = store.load(&session.id, &session.principal).await.unwrap();
    assert_eq!(found.expect("the session is found").recorded, 3);
}

#[tokio::test]
async fn a_cluster_without_one_server_answers_for_the_others() {
    let mut servers = RedisServer::start_cluster();
    let store = connect(&servers[0].url(), SETTINGS, "first").await;
    let sessions: Vec<SessionInit> = (0..20).map(|_| opened()).collect();
    for session in &sessions {
        store.create(session).await.unwrap();
    }
    let lost = &mut servers[1];
    let on_it = |session: &&SessionInit| {
        lost.run(&["EXISTS", &record_key(session.id)]) == "1"
    };
    let (gone, left): (Vec<_>, Vec<_>) = sessions.iter().partition(on_it);
    assert!(!gone.is_empty() && !left.is_empty());
    lost.kill();

    for session in &gone[..1] {
        let started = Instant::now();
        let found = store.load(&session.id, &session.principal).await;
        assert!(matches!(found, Err(StoreError::Unavailable(_))), "{found:?}");
        assert!(started.elapsed() < Duration::from_millis(1300));
        assert!(store.touch(&session.id).await.is_err());
    }
    for session in left {
        assert!(store.touch(&session.id).await.unwrap());
    }

    lost.restart();
    let started = Instant::now();
    while store.load(&gone[0].id, &gone[0].principal).await.is_err() {
        assert!(started.elapsed() < Duration::from_secs(5), "it does not recover");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_write_is_not_sent_again_when_its_answer_is_lost() {
    let servers = RedisServer::start_cluster();
    let store = Arc::new(connect(&servers[0].url(), SETTINGS, "first").await);
    let session = opened();
    store.create(&session).await.unwrap();
    let key = record_key(session.id);
    let at = |server: &&RedisServer| server.run(&["EXISTS", &key]) == "1";
    let server = servers.iter().find(at).expect("one server has the session");
    lose_the_answer(server, store, &session).await;
}

/// The trusted certificates come from the environment, which a running process
/// must not change: this test starts the one below in a process of its own.
#[test]
fn a_rediss_url_connects_over_tls() {
    let directory =
        std::env::temp_dir().join(format!("mcp-tls-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let (certificate, key) =
        (directory.join("cert.pem"), directory.join("key.pem"));
    make_certificate(&certificate, &key);
    let server = RedisServer::start_with(&[
        "--tls-port",
        &(redis_server::free_port()).to_string(),
        "--tls-cert-file",
        certificate.to_str().unwrap(),
        "--tls-key-file",
        key.to_str().unwrap(),
        "--tls-ca-cert-file",
        certificate.to_str().unwrap(),
        "--tls-auth-clients",
        "no",
        "--requirepass",
        "secret",
    ]);
    let port = server.run(&["-a", "secret", "CONFIG", "GET", "tls-port"]);
    let port = port.lines().last().unwrap();
    let inner = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "inside_a_process_that_trusts_the_server"])
        .env("SSL_CERT_FILE", &certificate)
        .env("TLS_REDIS_URL", format!("rediss://:secret@localhost:{port}"))
        .output()
        .unwrap();
    std::fs::remove_dir_all(&directory).unwrap();
    let said = String::from_utf8_lossy(&inner.stdout);
    assert!(inner.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test]
#[ignore = "started by a_rediss_url_connects_over_tls"]
async fn inside_a_process_that_trusts_the_server() {
    // Absent when somebody runs all ignored tests.
    let Ok(url) = std::env::var("TLS_REDIS_URL") else { return };
    let store = connect(&url, SETTINGS, "first").await;
    let session = opened();
    assert!(store.create(&session).await.unwrap());
    assert!(
        store.append_history(&session.id, &entries(1)).await.unwrap().is_some()
    );
    assert_eq!(store.read_history(&session.id).await.unwrap().len(), 1);

    // The subscription has a connection of its own.
    let (servers, lease) = (Servers::parse(&url).unwrap(), Duration::from_secs(9));
    let bus = RedisBus::new(Arc::new(store), servers.clone(), lease);
    let (heard, mut hints) = mpsc::channel(8);
    tokio::spawn(async move { bus.subscribe(heard).await });
    assert_eq!(hints.recv().await, Some(BusMessage::Reconnected));
    let other = Arc::new(connect(&url, SETTINGS, "second").await);
    let other = RedisBus::new(other, servers, lease);
    let news = RemoteChange::Resource("a://b".to_owned());
    other.publish(&news).await.unwrap();
    assert_eq!(hints.recv().await, Some(BusMessage::Changed(news)));
}

fn make_certificate(certificate: &Path, key: &Path) {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ])
        .args(["-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(key)
        .arg("-out")
        .arg(certificate)
        .output()
        .expect("openssl is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}
