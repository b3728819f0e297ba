//! `cargo xtask rolling`: nodes are restarted under load, and no client notices.

use std::process::Command;

use clap::Args;
use testkit::programs::ensure_installed;

use crate::process::counted;
use crate::workspace::build;
use crate::{Error, Tally};

/// What the command line asks for.
#[derive(Args)]
pub struct Options {
    /// How long nodes are restarted
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

/// Runs the harness of the package `suite`, in release. It prints its table and its
/// checks, and last the counts.
pub fn run(options: &Options) -> Result<Tally, Error> {
    for program in ["redis-server", "haproxy"] {
        ensure_installed(program)?;
    }
    build("suite", "conformance-server", true)?;
    let mut command = Command::new(build("suite", "rolling", true)?);
    // The server has just been built: without a cargo, the harness takes it as it
    // is. In the environment of this program it would be built anew.
    command.env_remove("CARGO");
    counted(command.args(["--seconds", &options.seconds.to_string()]))
}
