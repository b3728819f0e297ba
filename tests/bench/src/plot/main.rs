//! Draws the figures of `results.json` for the book: `book/src/figures/*.svg`.
//! Runs at the top of the repository.

mod bars;
mod dots;
mod lines;
mod results;
mod style;

use std::{error::Error, fs::create_dir_all};

use results::Results;

const FOLDER: &str = "book/src/figures";

fn main() -> Result<(), Box<dyn Error>> {
    let results = Results::read("tests/bench/results.json")?;
    create_dir_all(FOLDER)?;
    let file = |name: &str| format!("{FOLDER}/{name}.svg");
    bars::draw(
        &file("throughput"),
        "calculate per second, 32 connections, one session each",
        &[
            ("bare axum handler", "calls: bare axum"),
            ("this server, in memory", "calls: server"),
            ("rmcp 3.9, stateless", "calls: rmcp stateless"),
            ("rmcp 3.9, stateful", "calls: rmcp stateful"),
            ("tower-mcp 0.25, stateful", "calls: tower-mcp"),
            (
                "bare axum handler and a Redis script",
                "redis: bare axum and a script",
            ),
            ("this server, on Redis", "redis: server on Redis"),
        ],
        &results,
    )?;
    dots::draw(
        &file("latency"),
        "milliseconds to the answer, closed loop: p50, p99, p99.9",
        &[
            ("bare axum handler", "calls: bare axum"),
            ("this server, in memory", "calls: server"),
            ("rmcp 3.9, stateless", "calls: rmcp stateless"),
            ("rmcp 3.9, stateful", "calls: rmcp stateful"),
            ("tower-mcp 0.25, stateful", "calls: tower-mcp"),
            ("this server, on Redis", "redis: server on Redis"),
        ],
        &results,
    )?;
    lines::draw(
        &file("sessions"),
        "calculate per second beside idle sessions",
        &[
            (10.0, "sessions: 10 idle"),
            (1_000.0, "sessions: 1000 idle"),
            (100_000.0, "sessions: 100000 idle"),
        ],
        &results,
    )?;
    Ok(())
}
