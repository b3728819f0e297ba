//! `cargo xtask bench`: the server against a bare axum handler, and its open streams,
//! in one run.

use std::process::Command;

use serde_json::Value;

use crate::workspace::{build, empty_folder};
use crate::{Error, Tally, debian};

/// The least share of the bare handler's throughput that `calculate` must reach.
const LEAST_RATIO: f64 = 0.7;

/// The most that an idle session may cost in memory, in bytes.
const MOST_PER_SESSION: f64 = 1024.0;

/// The most that an open stream may cost in memory, in bytes.
const MOST_PER_STREAM: f64 = 24.0 * 1024.0;

/// How long an event may take to a stream of another node, in ms, for 99 of 100.
const MOST_DELAY: f64 = 10.0;

/// Prints the figures, keeps them in `target/bench`, and compares them with the
/// budgets.
pub fn run() -> Result<Tally, Error> {
    debian::ensure_installed("redis-server")?;
    build("final", "mcp-server", true)?;
    println!("measuring for about a minute; nothing else should run meanwhile");
    let folder = empty_folder("bench")?;
    let measure = |program: &str| -> Result<Value, Error> {
        let output = Command::new(build("suite", program, true)?).output()?;
        let text = String::from_utf8(output.stdout)?;
        let figures = serde_json::from_str(&text)
            .map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())?;
        std::fs::write(folder.join(format!("{program}.json")), &text)?;
        print!("{text}");
        Ok(figures)
    };
    let calls = measure("bench")?;
    let streams = measure("bench-streams")?;

    let figure = |of: &Value, name: &str| of[name].as_f64().unwrap_or(f64::NAN);
    let mut tally = Tally::default();
    let ratio = figure(&calls, "ratio");
    tally.check(&format!("ratio at least {LEAST_RATIO}"), ratio >= LEAST_RATIO);
    let mut at_most = |name: &str, found: f64, most: f64| {
        tally.check(&format!("{name} at most {most}"), found <= most);
    };
    let bytes = figure(&calls, "bytes_per_idle_session");
    at_most("bytes per idle session", bytes, MOST_PER_SESSION);
    let bytes = figure(&streams, "bytes_per_open_stream");
    at_most("bytes per open stream", bytes, MOST_PER_STREAM);
    let delay = figure(&streams, "delivery_ms_p99");
    at_most("ms to another node's stream, p99,", delay, MOST_DELAY);
    Ok(tally)
}
