//! Calls that report progress: streams of a hundred events and an answer.

use std::time::Instant;

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::Error;
use crate::client::{Client, request};
use crate::figures::Latencies;
use crate::options::Options;

/// Events before the answer.
const EVENTS: usize = 100;

/// A stream at a time on each connection.
pub async fn run(options: &Options) -> Result<Value, Error> {
    let (servers, lasting) = (options.servers()?, options.duration()?);
    let connections = options.get("connections", 8_usize)?;
    let mut clients = Vec::new();
    for number in 0..connections {
        let server = &servers[number % servers.len()];
        clients.push(Client::open_session(server).await?);
    }
    let started = Instant::now();
    let loops = clients.into_iter().map(|mut client| {
        tokio::spawn(async move {
            let mut latencies = Latencies::default();
            let mut id = 0;
            while started.elapsed() < lasting {
                id += 1;
                let sent = Instant::now();
                stream(&mut client, id).await?;
                latencies.add(sent.elapsed());
            }
            Ok::<_, Error>(latencies)
        })
    });
    let loops: Vec<_> = loops.collect();
    let mut all = Latencies::default();
    for one in loops {
        all.merge(one.await??);
    }
    Ok(all.report(started.elapsed()))
}

async fn stream(client: &mut Client, id: u64) -> Result<(), Error> {
    let sum = json!({ "a": id, "b": 50, "op": "add" });
    let params = json!({
        "name": "batch_calculate",
        "arguments": { "calculations": vec![sum; EVENTS], "reportProgress": true },
        "_meta": { "progressToken": id },
    });
    let (status, body) = client.post(request(id, "tools/call", params)).await?;
    let text = String::from_utf8_lossy(&body);
    let reports = text.matches("notifications/progress").count();
    let results = text.matches(r#""calculationId""#).count();
    if status == StatusCode::OK && reports == EVENTS && results == EVENTS {
        return Ok(());
    }
    Err(format!("{status}, {reports} reports and {results} results: {text}").into())
}
