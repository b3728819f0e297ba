//! Streams that break and go on.

use std::time::Instant;

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::Error;
use crate::calls::calculate;
use crate::client::{Client, id_of, request};
use crate::figures::Latencies;
use crate::options::Options;

/// A GET stream is told of `events` changes and breaks; then it is resumed from its
/// first event `count` times, on the last server, and read to its newest event.
pub async fn run(options: &Options) -> Result<Value, Error> {
    let servers = options.servers()?;
    let (first, last) = (&servers[0], &servers[servers.len() - 1]);
    let events = options.get("events", 1_000_u64)?;
    let mut client = Client::open_session(first).await?;
    let watched = json!({ "uri": "calculator://history" });
    let subscribe = request(0, "resources/subscribe", watched);
    let (status, _) = client.post(subscribe).await?;
    if status != StatusCode::OK {
        return Err(format!("subscribe was answered {status}").into());
    }
    let mut stream = client.again(first).await?.listen(None).await?;
    let opening = stream.next().await?.ok_or("the stream ended")?;
    let opening = id_of(&opening).ok_or("no event id")?.to_owned();
    for id in 1..=events {
        calculate(&mut client, id).await?;
        stream.next().await?.ok_or("the stream ended")?;
    }
    drop(stream);

    let mut latencies = Latencies::default();
    let started = Instant::now();
    for _ in 0..options.get("count", 20_usize)? {
        let mut connection = client.again(last).await?;
        let sent = Instant::now();
        let mut stream = connection.listen(Some(&opening)).await?;
        for _ in 0..events {
            let event = stream.next().await?.ok_or("the stream ended early")?;
            if !event.contains("resources/updated") {
                return Err(format!("unexpected: {event}").into());
            }
        }
        latencies.add(sent.elapsed());
    }
    Ok(latencies.report(started.elapsed()))
}
