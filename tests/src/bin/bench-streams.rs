//! Measures open GET streams: what one costs its node in memory, its connection and
//! its session included, and how long an
//! event takes from a tool on one node to a stream that the other node holds.
//! `cargo xtask bench` builds and runs it.

use std::time::{Duration, Instant};

use serde_json::json;
use suite::{Client, Cluster, Node, Stream};
use tokio::{sync::mpsc, time::timeout};

const STREAMS: usize = 1_000;
const EVENTS: usize = 2_000;

/// How long between two events: they are to be measured, not their queue.
const PACE: Duration = Duration::from_millis(4);

/// The resource whose changes are told.
const WATCHED: &str = "calculator://history";

#[tokio::main]
async fn main() {
    let nodes = Node::builder().set("MAX_SESSIONS_PER_CLIENT", 1_000_000);
    let cluster = Cluster::of(2, nodes).await;
    // What is allocated once is not to count.
    cluster.node(1).assert_alive().await;
    let before = cluster.node(1).resident_bytes();
    let (told, mut arrivals) = mpsc::channel(STREAMS);
    let mut clients = Vec::new();
    for number in 0..STREAMS {
        let client = cluster.node(1).connect().await;
        let uri = json!({ "uri": WATCHED });
        client.request("resources/subscribe", uri).await.result();
        let stream = client.listen().await;
        tokio::spawn(follow(number, stream, told.clone()));
        clients.push(client);
    }
    let after = cluster.node(1).resident_bytes();
    let bytes = after.saturating_sub(before) / STREAMS as u64;

    let mut delays = Vec::new();
    for event in 0..EVENTS {
        let number = event * 7 % STREAMS;
        let started = Instant::now();
        calculate(&clients[number].at(cluster.node(0))).await;
        match timeout(Duration::from_secs(5), arrivals.recv()).await {
            Ok(Some((of, at))) if of == number => delays.push(at - started),
            other => panic!("stream {number} was not told, but {other:?}"),
        }
        tokio::time::sleep(PACE).await;
    }
    delays.sort();
    let at = |share: usize| delays[(EVENTS - 1) * share / 1000].as_secs_f64() * 1e3;
    let figures = json!({
        "open_streams": STREAMS,
        "bytes_per_open_stream": bytes,
        "delivery_ms_p50": rounded(at(500)),
        "delivery_ms_p99": rounded(at(990)),
        "delivery_ms_max": rounded(at(1000)),
    });
    println!("{figures:#}");
}

async fn calculate(client: &Client) {
    let sum = json!({ "a": 1, "b": 2, "op": "add" });
    client.call_tool("calculate", sum).await.result();
}

/// Says when a stream is told something.
async fn follow(
    number: usize,
    mut stream: Stream,
    told: mpsc::Sender<(usize, Instant)>,
) {
    while let Some(event) = stream.event_within(Duration::from_secs(600)).await {
        let message = event.message().unwrap_or_default();
        if message["method"] == "notifications/resources/updated"
            && told.send((number, Instant::now())).await.is_err()
        {
            return;
        }
    }
}

fn rounded(milliseconds: f64) -> f64 {
    (milliseconds * 100.0).round() / 100.0
}
