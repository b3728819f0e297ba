//! `cargo xtask bench`: the server against its peers and its budgets.
//!
//! Absolute figures are the machine's; ratios are the server's. So whatever is
//! compared runs in turns (A B A B), in one run on one machine, and a ratio is taken
//! within each turn. What else the machine does then disturbs both sides.
//!
//! ```text
//! calls      calculate in memory, against the peers; with idle sessions
//! redis      calculate on Redis, against a bare handler that runs a script
//! streams    events: open streams, progress, resumption
//! nodes      sessions that move, and one to three nodes on one Redis
//! process    start, size and cold build of the server
//! figures    what was measured: samples, budget, ratio
//! results    tests/bench/results.json and the table
//! pages      the tables in the book's pages
//! model      how the server scales
//! servers    the server and its peers, as processes
//! machine    on what it was measured, and with what
//! ```

mod calls;
mod figures;
mod machine;
mod model;
mod nodes;
mod pages;
mod process;
mod redis;
mod results;
mod servers;
mod streams;

use figures::Figures;
use servers::Programs;

use crate::{Error, Tally, debian, workspace};

/// A group of measurements that share their servers.
type Scenario = fn(&Bench) -> Result<Figures, Error>;

/// All scenarios, and whether they run unless others are named.
const SCENARIOS: [(&str, Scenario, bool); 11] = [
    ("calls", calls::against_peers, true),
    ("sessions", calls::with_idle_sessions, true),
    ("redis", redis::calls, true),
    ("open-streams", streams::open, true),
    ("progress", streams::progress, true),
    ("resume", streams::resume, true),
    ("move", nodes::cold_calls, true),
    ("nodes", nodes::one_to_three, true),
    ("start", process::start, true),
    ("size", process::size, true),
    ("build", process::cold_build, false),
];

/// What every scenario needs.
struct Bench {
    programs: Programs,
    /// Turns of each measurement.
    rounds: usize,
    /// Seconds of load in each turn.
    seconds: f64,
}

/// Measures the scenarios that are named, or the usual ones. With `--quick` nothing is
/// kept; with `--plot` nothing is measured and the figures are drawn anew.
pub fn run(options: &[String]) -> Result<Tally, Error> {
    let is_set = |name: &str| options.iter().any(|option| option == name);
    if is_set("--plot") {
        return plot();
    }
    let quick = is_set("--quick");
    let named: Vec<&String> =
        options.iter().filter(|option| *option != "--quick").collect();
    let known = |name: &String| SCENARIOS.iter().any(|(known, ..)| known == name);
    if let Some(unknown) = named.iter().find(|name| !known(name)) {
        let names = SCENARIOS.map(|(name, ..)| name).join(", ");
        return Err(format!("no scenario {unknown}; there are {names}").into());
    }
    debian::ensure_installed("redis-server")?;
    let (rounds, seconds) = if quick { (2, 1.0) } else { (7, 3.0) };
    let bench = Bench { programs: Programs::build()?, rounds, seconds };

    let mut all = Figures::default();
    for (name, scenario, usual) in SCENARIOS {
        if named.iter().any(|wanted| *wanted == name) || named.is_empty() && usual {
            println!("\n{name}");
            let figures = scenario(&bench)?;
            print!("{figures}");
            all.extend(figures);
        }
    }
    println!("\n{all}");
    if !quick {
        results::keep(&all)?;
        plot()?;
    }
    Ok(all.judge())
}

/// Draws the plots of the book from the results.
fn plot() -> Result<Tally, Error> {
    let program = servers::build("plot")?;
    let mut command = std::process::Command::new(program);
    let drawn = crate::process::succeeds(command.current_dir(workspace::root()))?;
    let mut tally = Tally::default();
    tally.check("the plots are drawn from the results", drawn);
    pages::write()?;
    Ok(tally)
}
