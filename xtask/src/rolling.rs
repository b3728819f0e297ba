//! `cargo xtask rolling`: nodes are restarted under load, and no client notices.
//! `cargo xtask chaos`: everything fails under load, and the books balance.

use std::process::Command;

use clap::Args;
use testkit::programs::ensure_installed;

use crate::process::counted;
use crate::workspace::{Profile, build};
use crate::{Error, Tally};

/// What the command line asks for.
#[derive(Args)]
pub struct Options {
    /// How long nodes are restarted
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

/// What the command line asks chaos for.
#[derive(Args)]
pub struct ChaosOptions {
    /// How long things fail
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// What fails when: the same seed, the same plan
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Restarts nodes behind a balancer.
pub fn run(options: &Options) -> Result<Tally, Error> {
    for program in ["redis-server", "haproxy"] {
        ensure_installed(program)?;
    }
    build("suite", "conformance-server", Profile::Dist)?;
    harness("rolling", &[("--seconds", options.seconds)])
}

/// Lets nodes, Redis and connections fail.
pub fn chaos(options: &ChaosOptions) -> Result<Tally, Error> {
    ensure_installed("redis-server")?;
    build("final", "mcp-server", Profile::Dist)?;
    harness("chaos", &[("--seconds", options.seconds), ("--seed", options.seed)])
}

/// Runs a harness of the package `suite`, optimized, with its own options. It
/// prints its table and its checks, and last the counts.
fn harness(name: &str, options: &[(&str, u64)]) -> Result<Tally, Error> {
    let mut command = Command::new(build("suite", name, Profile::Dist)?);
    // The server has just been built: without a cargo, the harness takes it as it
    // is. In the environment of this program it would be built anew.
    command.env_remove("CARGO");
    for (name, value) in options {
        command.arg(name).arg(value.to_string());
    }
    counted(&mut command)
}
