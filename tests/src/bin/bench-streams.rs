//! Measures open GET streams: what one costs its node in memory, its connection and
//! its session included; how long an event takes from a tool on one node to a stream
//! that the other node holds; and how long the other node needs to tell all its
//! streams of one event. `cargo xtask bench` builds and runs it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;
use suite::{Client, Cluster, Node, Stream};
use tokio::sync::mpsc;
use tokio::time::timeout;

const STREAMS: usize = 1_000;
const EVENTS: usize = 2_000;

/// How long between two events: they are to be measured, not their queue.
const PACE: Duration = Duration::from_millis(4);

/// The resource whose changes are told, to the one session that it belongs to.
const WATCHED: &str = "calculator://history";

/// A resource of the whole deployment: all streams are told of its changes.
const SHARED: &str = "calculator://stats";

/// How often all streams are told.
const FAN_OUTS: usize = 7;

/// Within this time all changes of a shared resource have been told.
const GATHERED: Duration = Duration::from_secs(5);

/// That a stream was told of a change: which stream, of which resource, when.
type Arrival = (usize, String, Instant);

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
        subscribe(&client, WATCHED).await;
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
            Ok(Some((of, _, at))) if of == number => delays.push(at - started),
            other => panic!("stream {number} was not told, but {other:?}"),
        }
        tokio::time::sleep(PACE).await;
    }
    delays.sort();
    let at = |share: usize| delays[(EVENTS - 1) * share / 1000].as_secs_f64() * 1e3;
    let fan_outs = fan_out(&cluster, &clients, &mut arrivals).await;
    let figures = json!({
        "open_streams": STREAMS,
        "bytes_per_open_stream": bytes,
        "delivery_ms_p50": rounded(at(500)),
        "delivery_ms_p99": rounded(at(990)),
        "delivery_ms_max": rounded(at(1000)),
        "fan_out_ms": fan_outs,
    });
    println!("{figures:#}");
}

/// One calculation on the first node, of which the second one tells all its streams:
/// milliseconds from the first of them to the last. The time for which changes are
/// gathered is not measured.
async fn fan_out(
    cluster: &Cluster,
    clients: &[Client],
    arrivals: &mut mpsc::Receiver<Arrival>,
) -> Vec<f64> {
    for client in clients {
        subscribe(client, SHARED).await;
    }
    let stranger = cluster.node(0).connect().await;
    let mut spreads = Vec::new();
    for _ in 0..FAN_OUTS {
        // What earlier calls have changed may still be announced.
        while timeout(GATHERED, arrivals.recv()).await.is_ok() {}
        calculate(&stranger).await;
        let mut told = BTreeMap::new();
        while told.len() < clients.len() {
            match timeout(GATHERED, arrivals.recv()).await {
                Ok(Some((number, uri, at))) if uri == SHARED => {
                    told.insert(number, at)
                }
                other => panic!("{} streams were told; {other:?}", told.len()),
            };
        }
        let (first, last) = (told.values().min(), told.values().max());
        let spread = last.zip(first).map(|(last, first)| *last - *first);
        spreads.push(rounded(spread.unwrap_or_default().as_secs_f64() * 1e3));
    }
    spreads
}

async fn subscribe(client: &Client, uri: &str) {
    let params = json!({ "uri": uri });
    client.request("resources/subscribe", params).await.result();
}

async fn calculate(client: &Client) {
    let sum = json!({ "a": 1, "b": 2, "op": "add" });
    client.call_tool("calculate", sum).await.result();
}

/// Says when a stream is told something.
async fn follow(number: usize, mut stream: Stream, told: mpsc::Sender<Arrival>) {
    while let Some(event) = stream.event_within(Duration::from_secs(600)).await {
        let message = event.message().unwrap_or_default();
        if message["method"] == "notifications/resources/updated" {
            let uri = message["params"]["uri"].as_str().unwrap_or_default();
            if told.send((number, uri.to_owned(), Instant::now())).await.is_err() {
                return;
            }
        }
    }
}

fn rounded(milliseconds: f64) -> f64 {
    (milliseconds * 100.0).round() / 100.0
}
