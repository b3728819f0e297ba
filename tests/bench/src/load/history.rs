//! The same calls in sessions whose history is fresh, or full.

use std::time::Instant;

use serde_json::Value;

use crate::Error;
use crate::calls::calculate;
use crate::client::Client;
use crate::figures::Latencies;
use crate::options::Options;

/// Calls of each session that are measured: after them a fresh history is not yet full.
const CALLS: u64 = 40;

/// Each connection opens `sessions`, with `filled` calls in each, and then makes the
/// calls that are measured, in one session after the other.
pub async fn run(options: &Options) -> Result<Value, Error> {
    let servers = options.servers()?;
    let sessions = options.get("sessions", 100_usize)?;
    let filled = options.get("filled", 0_u64)?;
    let preparing = (0..options.get("connections", 32_usize)?).map(|_| {
        let server = servers[0].clone();
        tokio::spawn(prepare(server, sessions, filled))
    });
    let preparing: Vec<_> = preparing.collect();
    let mut ready = Vec::new();
    for one in preparing {
        ready.push(one.await??);
    }
    let started = Instant::now();
    let loops = ready
        .into_iter()
        .map(|(client, sessions)| tokio::spawn(measure(client, sessions, filled)));
    let loops: Vec<_> = loops.collect();
    let mut all = Latencies::default();
    for one in loops {
        all.merge(one.await??);
    }
    Ok(all.report(started.elapsed()))
}

/// A connection, and the sessions that were opened on it.
async fn prepare(
    server: String,
    sessions: usize,
    filled: u64,
) -> Result<(Client, Vec<String>), Error> {
    let mut client = Client::connect(&server).await?;
    let mut opened = Vec::new();
    for _ in 0..sessions {
        client.initialize().await?;
        for id in 1..=filled {
            calculate(&mut client, id).await?;
        }
        opened.push(client.session()?.to_owned());
    }
    Ok((client, opened))
}

async fn measure(
    mut client: Client,
    sessions: Vec<String>,
    filled: u64,
) -> Result<Latencies, Error> {
    let mut latencies = Latencies::default();
    for session in sessions {
        client.go_on_with(&session)?;
        let mut sent = Instant::now();
        for id in filled + 1..=filled + CALLS {
            calculate(&mut client, id).await?;
            let answered = Instant::now();
            latencies.add(answered - sent);
            sent = answered;
        }
    }
    Ok(latencies)
}
