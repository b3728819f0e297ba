//! `cargo xtask bench`: the server against its peers and its budgets.
//!
//! Absolute figures are the machine's; ratios are the server's. So whatever is
//! compared runs in turns (A B A B), in one run on one machine, and a ratio is taken
//! within each turn. What else the machine does then disturbs both sides.
//!
//! ```text
//! calls      calculate in memory, against the peers
//! redis      calculate on Redis, against a bare handler that runs a script
//! eras       calculate without a session, against a session and rmcp
//! sessions   what sessions cost: idle, to open, with a full history
//! streams    events: open streams, progress, resumption
//! monitor    what Redis was told to do, and when
//! nodes      sessions that move, and one to three nodes on one Redis
//! process    start, size and cold builds
//! wrk        the load generator against another one
//! figures    what was measured: samples, budget, ratio
//! results    tests/bench/results.json and the table
//! pages      the tables in the book's pages
//! model      how the server scales
//! servers    the server and its peers, as processes
//! machine    on what it was measured, and with what
//! ```

mod calls;
mod eras;
mod figures;
mod machine;
mod model;
mod monitor;
mod nodes;
mod pages;
mod process;
mod redis;
mod results;
mod servers;
mod sessions;
mod streams;
mod wrk;

use figures::Figures;
use servers::Programs;
pub use servers::{MANIFEST, cargo};

use clap::Args;
use testkit::programs::ensure_installed;

use crate::{Error, Tally, workspace};

/// A group of measurements that share their servers.
type Scenario = fn(&Bench) -> Result<Figures, Error>;

/// When a scenario runs that is not named.
#[derive(Clone, Copy, PartialEq)]
enum Runs {
    Always,
    /// Not with `--quick`.
    InFull,
    /// Never: it needs a program that nothing else needs.
    WhenNamed,
}

const SCENARIOS: [(&str, Scenario, Runs); 17] = [
    ("calls", calls::against_peers, Runs::Always),
    ("sessions", sessions::with_idle, Runs::Always),
    ("redis", redis::calls, Runs::Always),
    ("stateless", eras::stateless, Runs::Always),
    ("initialize", sessions::initialize, Runs::Always),
    ("history", sessions::history, Runs::Always),
    ("open-streams", streams::open, Runs::Always),
    ("progress", streams::progress, Runs::Always),
    ("resume", streams::resume, Runs::Always),
    ("move", nodes::cold_calls, Runs::Always),
    ("nodes", nodes::one_to_three, Runs::Always),
    ("start", process::start, Runs::Always),
    ("size", process::size, Runs::Always),
    ("build", process::cold_build, Runs::InFull),
    ("chapter-01", process::first_chapter, Runs::InFull),
    ("first-command", process::first_command, Runs::InFull),
    ("wrk", wrk::agreement, Runs::WhenNamed),
];

/// What every scenario needs.
struct Bench {
    programs: Programs,
    /// Turns of each measurement.
    rounds: usize,
    /// Seconds of load in each turn.
    seconds: f64,
}

/// What the command line asks for.
#[derive(Args)]
pub struct Options {
    /// Only these scenarios; wrk, which compares load generators, runs only if named
    names: Vec<String>,
    /// Rough, without cold builds; nothing is kept
    #[arg(long)]
    quick: bool,
    /// Measures nothing, and draws the kept figures anew
    #[arg(long)]
    plot: bool,
}

/// Measures the scenarios that are named, or the usual ones.
pub fn run(options: &Options) -> Result<Tally, Error> {
    let Options { names: named, quick, plot: only_plot } = options;
    if *only_plot {
        return plot();
    }
    let quick = *quick;
    let known = |name: &&String| SCENARIOS.iter().any(|(known, ..)| known == name);
    if let Some(unknown) = named.iter().find(|name| !known(name)) {
        let names = SCENARIOS.map(|(name, ..)| name).join(", ");
        return Err(format!("no scenario {unknown}; there are {names}").into());
    }
    ensure_installed("redis-server")?;
    let (rounds, seconds) = if quick { (2, 1.0) } else { (7, 3.0) };
    let bench = Bench { programs: Programs::build()?, rounds, seconds };

    let mut all = Figures::default();
    for (name, scenario, runs) in SCENARIOS {
        let usual = match runs {
            Runs::Always => true,
            Runs::InFull => !quick,
            Runs::WhenNamed => false,
        };
        if named.iter().any(|wanted| wanted == name) || named.is_empty() && usual {
            println!("\n{name}");
            let figures = scenario(&bench)?;
            print!("{figures}");
            figures.assert_measured()?;
            all.extend(figures);
        }
    }
    println!("\n{all}");
    if !quick {
        results::keep(&all, named.is_empty())?;
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
