//! Tests with tokio's clock paused: time passes only while all tasks wait.

use axum::Extension;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use super::*;
use crate::app::slots::Limits;

const LIMITS: Limits = Limits { total: 3, per_network: 2, reserved: 2 };

const SLOW: Duration = Duration::from_secs(1000);

fn shared(trust_proxy: bool) -> Shared {
    let whose = async |Extension(peer): Extension<Peer>| {
        format!("{} {}", peer.network, peer.is_admitted).into_response()
    };
    let slow = async || {
        sleep(SLOW).await;
        "slow"
    };
    let router = Router::new().route("/", get(whose)).route("/slow", get(slow));
    let slots = Slots::new(LIMITS);
    let closing = CancellationToken::new();
    Shared { router, slots, closing, trust_proxy }
}

/// Opens a connection from this network. The handle returns the time of its end.
fn connect(shared: &Shared, network: &str) -> (DuplexStream, JoinHandle<Instant>) {
    let (client, server) = duplex(1 << 16);
    let network = Arc::from(network);
    let shared = shared.clone();
    let place = shared.admit(&network);
    let ended = tokio::spawn(async move {
        let _ = serve(server, network, place, shared).await;
        Instant::now()
    });
    (client, ended)
}

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";

/// Reads an answer that is sent in one piece.
async fn answer(client: &mut DuplexStream) -> String {
    let mut buffer = [0; 4096];
    let length = client.read(&mut buffer).await.expect("an answer");
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

async fn ask(client: &mut DuplexStream, request: &[u8]) -> String {
    client.write_all(request).await.expect("it is open");
    answer(client).await
}

fn seconds(since: Instant, until: Instant) -> u64 {
    until.duration_since(since).as_secs()
}

/// Load balancers keep idle connections for 60 s.
#[tokio::test(start_paused = true)]
async fn a_kept_alive_connection_may_be_idle_for_75_seconds() {
    let (mut client, ended) = connect(&shared(false), "one");
    for _ in 0..3 {
        assert!(ask(&mut client, GET).await.starts_with("HTTP/1.1 200"));
        sleep(Duration::from_secs(74)).await;
    }
    assert!(ask(&mut client, GET).await.starts_with("HTTP/1.1 200"));
    let answered = Instant::now();
    assert_eq!(answer(&mut client).await, "", "closed without an answer");
    assert_eq!(seconds(answered, ended.await.expect("it ends")), 75);
}

#[tokio::test(start_paused = true)]
async fn a_head_has_30_seconds_from_its_first_byte() {
    for sent in [&b"G"[..], b"GET / HTTP/1.1\r\nhost"] {
        let (mut client, ended) = connect(&shared(false), "one");
        assert!(ask(&mut client, GET).await.starts_with("HTTP/1.1 200"));
        sleep(Duration::from_secs(70)).await;
        let first_byte = Instant::now();
        client.write_all(sent).await.expect("it is open");
        // Another byte does not extend the deadline.
        sleep(Duration::from_secs(20)).await;
        client.write_all(b":").await.expect("it is open");
        assert_eq!(seconds(first_byte, ended.await.expect("it ends")), 30);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_takes_long_is_no_silence() {
    let (mut client, _ended) = connect(&shared(false), "one");
    let begun = Instant::now();
    let slow = b"GET /slow HTTP/1.1\r\nhost: a\r\n\r\n";
    assert!(ask(&mut client, slow).await.ends_with("slow"));
    assert_eq!(begun.elapsed(), SLOW);
    sleep(Duration::from_secs(74)).await;
    assert!(ask(&mut client, GET).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test(start_paused = true)]
async fn a_client_beyond_the_bounds_is_served_once_on_a_reserved_connection() {
    let shared = shared(false);
    let _held = [connect(&shared, "one"), connect(&shared, "one")];
    let (mut beyond, ended) = connect(&shared, "one");
    let served = ask(&mut beyond, GET).await;
    assert!(served.ends_with("one false"), "{served}");
    assert!(served.contains("connection: close"), "{served}");
    ended.await.expect("it ends");
    let (mut other, _) = connect(&shared, "other");
    assert!(ask(&mut other, GET).await.ends_with("other true"));
}

#[tokio::test(start_paused = true)]
async fn a_reserved_connection_is_not_held_in_silence() {
    let shared = shared(false);
    let _held = [connect(&shared, "one"), connect(&shared, "one")];
    let start = Instant::now();
    let (_silent, ended) = connect(&shared, "one");
    assert_eq!(seconds(start, ended.await.expect("it ends")), 2);
    let (_oldest, evicted) = connect(&shared, "one");
    let _newer = [connect(&shared, "one"), connect(&shared, "one")];
    assert!(seconds(start, evicted.await.expect("it ends")) < 4, "evicted");
}

/// All connections are the proxy's, so its clients' requests are counted instead.
#[tokio::test(start_paused = true)]
async fn behind_a_trusted_proxy_every_client_has_places_of_its_own() {
    let shared = shared(true);
    let request = |path: &str, client: &str| {
        format!(
            "GET {path} HTTP/1.1\r\nhost: a\r\nx-forwarded-for: {client}\r\n\r\n"
        )
    };
    let [(mut first, _a), (mut second, _b), (mut third, _c)] =
        [(); 3].map(|()| connect(&shared, "proxy"));
    for proxied in [&mut first, &mut second] {
        let slow = request("/slow", "203.0.113.7");
        proxied.write_all(slow.as_bytes()).await.expect("it is open");
    }
    sleep_until(Instant::now() + Duration::from_secs(1)).await;
    for (client, expected) in [
        ("203.0.113.7", "address 203.0.113.7 false"),
        ("203.0.113.8", "address 203.0.113.8 true"),
        ("unknown", "proxy true"),
    ] {
        let served = ask(&mut third, request("/", client).as_bytes()).await;
        assert!(served.ends_with(expected), "{served}");
    }
    assert!(answer(&mut first).await.ends_with("slow"));
    assert!(answer(&mut second).await.ends_with("slow"));
    let served = ask(&mut first, request("/", "203.0.113.7").as_bytes()).await;
    assert!(served.ends_with("address 203.0.113.7 true"), "{served}");
}
