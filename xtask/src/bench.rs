//! `cargo xtask bench`: the server against a bare axum handler, in one run.

use crate::workspace::{build, empty_folder};
use crate::{Error, Tally};

/// The least share of the bare handler's throughput that `calculate` must reach.
const LEAST_RATIO: f64 = 0.7;

/// The most that an idle session may cost in memory, in bytes.
const MOST_PER_SESSION: f64 = 1024.0;

/// Prints the figures, keeps them in `target/bench/figures.json`, and compares
/// them with the budgets.
pub fn run() -> Result<Tally, Error> {
    build("final", "mcp-server", true)?;
    let bench = build("suite", "bench", true)?;
    println!(
        "measuring for about half a minute; nothing else should run meanwhile"
    );
    let output = std::process::Command::new(bench).output()?;
    let text = String::from_utf8(output.stdout)?;
    let figures: serde_json::Value = serde_json::from_str(&text)
        .map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())?;
    std::fs::write(empty_folder("bench")?.join("figures.json"), &text)?;
    print!("{text}");

    let figure = |name: &str| figures[name].as_f64().unwrap_or(f64::NAN);
    let mut tally = Tally::default();
    let ratio = figure("ratio");
    tally.check(&format!("ratio at least {LEAST_RATIO}"), ratio >= LEAST_RATIO);
    let bytes = figure("bytes_per_idle_session");
    let name = format!("an idle session at most {MOST_PER_SESSION} bytes");
    tally.check(&name, bytes <= MOST_PER_SESSION);
    Ok(tally)
}
