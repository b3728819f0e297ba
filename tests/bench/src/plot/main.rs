//! Draws the figures of `results.json` for the book: `book/src/figures/*.svg`.
//! Runs at the top of the repository.

mod bars;
mod dots;
mod lines;
mod results;
mod style;

use std::error::Error;
use std::fs::{create_dir_all, write};

use results::Results;

const RESULTS: &str = "tests/bench/results.json";
const FOLDER: &str = "book/src/figures";

/// Servers in memory, by their names in a plot and in the results.
const IN_MEMORY: [(&str, &str); 5] = [
    ("bare axum handler", "calls: bare axum"),
    ("this server, in memory", "calls: server"),
    ("rmcp 3.9, stateless", "calls: rmcp stateless"),
    ("rmcp 3.9, stateful", "calls: rmcp stateful"),
    ("tower-mcp 0.25, stateful", "calls: tower-mcp"),
];

const ON_REDIS: [(&str, &str); 2] = [
    ("bare axum handler and a Redis script", "redis: bare axum and a script"),
    ("this server, on Redis", "redis: server on Redis"),
];

fn main() -> Result<(), Box<dyn Error>> {
    create_dir_all(FOLDER)?;
    for (name, svg) in drawn(&Results::read(RESULTS)?)? {
        write(format!("{FOLDER}/{name}"), svg)?;
    }
    Ok(())
}

/// All figures, by the names of their files.
fn drawn(results: &Results) -> Result<Vec<(&'static str, String)>, Box<dyn Error>> {
    let servers = [&IN_MEMORY[..], &ON_REDIS].concat();
    let throughput = bars::draw("calculate per second", &servers, results)?;
    let latency = dots::draw("milliseconds to the answer", &servers, results)?;
    let sessions = lines::draw(
        "µs of processor time for a call, beside idle sessions",
        &[
            (10.0, "sessions: 10 idle, processor"),
            (1_000.0, "sessions: 1000 idle, processor"),
            (100_000.0, "sessions: 100000 idle, processor"),
        ],
        results,
    )?;
    Ok(vec![
        ("throughput.svg", throughput),
        ("latency.svg", latency),
        ("sessions.svg", sessions),
    ])
}

#[cfg(test)]
mod tests {
    use std::fs::read_to_string;
    use std::path::Path;

    use super::{FOLDER, RESULTS, Results, drawn};

    /// The names of the figures that are not what the results give, if `edit` was made
    /// to each of the committed ones.
    fn stale(edit: impl Fn(String) -> String) -> Vec<&'static str> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let path = |name: &str| root.join(name).to_string_lossy().into_owned();
        let right = drawn(&Results::read(&path(RESULTS)).unwrap()).unwrap();
        let differs = |(name, svg): &(&str, String)| {
            edit(read_to_string(path(&format!("{FOLDER}/{name}"))).unwrap()) != *svg
        };
        right.into_iter().filter(differs).map(|(name, _)| name).collect()
    }

    #[test]
    fn the_committed_figures_are_those_of_the_results() {
        let stale = stale(|svg| svg);
        assert!(stale.is_empty(), "cargo xtask bench --plot: {stale:?}");
    }

    #[test]
    fn one_changed_character_is_seen() {
        assert_eq!(stale(|svg| svg.replacen('1', "2", 1)).len(), 3);
    }
}
