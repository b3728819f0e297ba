//! The first call of a session on a node that has never seen it.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::Error;
use crate::calls::calculate;
use crate::client::Client;
use crate::figures::Latencies;
use crate::options::Options;

/// Sessions are opened on the first server. Then, one after the other, each makes its
/// first call on the second one, and another call there for comparison. What is told
/// of each session (its id, and before, between and after the two calls the clock in µs)
/// lets somebody who watches Redis say what they took.
pub async fn run(options: &Options) -> Result<Value, Error> {
    let servers = options.servers()?;
    let [home, away] = &servers[..] else { return Err("two servers".into()) };
    let (mut cold, mut warm) = (Latencies::default(), Latencies::default());
    let mut moved = Vec::new();
    let started = Instant::now();
    for _ in 0..options.get("count", 300_usize)? {
        let mut here = Client::open_session(home).await?;
        calculate(&mut here, 1).await?;
        let mut there = here.again(away).await?;
        let mut times = vec![clock()?];
        for (id, latencies) in [(2, &mut cold), (3, &mut warm)] {
            let sent = Instant::now();
            calculate(&mut there, id).await?;
            latencies.add(sent.elapsed());
            times.push(clock()?);
        }
        moved.push((there.session()?.to_owned(), times));
    }
    let elapsed = started.elapsed();
    let (cold, warm) = (cold.report(elapsed), warm.report(elapsed));
    Ok(json!({ "cold": cold, "warm": warm, "moved": moved }))
}

fn clock() -> Result<u64, Error> {
    Ok(u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros())?)
}
