//! The repository's own commands. Type `cargo xtask` for the list.
//!
//! ```text
//! main          picks the command
//! test          everything that must hold
//! check         the ladder: what a server can do by the end of a chapter
//! conformance   the official suite against our fixture server
//! book          the pages, and the tools for chapters: book, bless, diff, carry, …
//! bench         speed and memory, against peers and budgets
//! clients       the official clients against the real server
//! rolling       nodes are restarted under load
//! rules         which test proves which rule of the specification
//! tally         what was checked: the closing `N passed, N failed` line
//! node          a server of this workspace, as the checks need it
//! redis         what a Redis has counted
//! npx           Node.js 22 and npm packages, through npx
//! process       running other programs to their end
//! workspace     where things are, and building one binary
//! ```
//!
//! Programs that run beside us come from the package `testkit`.

use std::process::ExitCode;

use clap::Parser;

mod bench;
mod book;
mod check;
mod clients;
mod conformance;
mod node;
mod npx;
mod process;
mod redis;
mod rolling;
mod rules;
mod tally;
mod test;
mod workspace;

use tally::Tally;

/// Why a command could not do its work; a check that failed is a [`Tally`].
type Error = Box<dyn std::error::Error>;

const CLOSING: &str = "\
A command that checks ends with one line, `N passed, N failed`, and exits with 0
only if nothing failed.";

/// The repository's own commands
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", after_help = CLOSING)]
enum Command {
    /// Checks format, lints, documentation, build, all tests, and the rules
    Test,
    /// Shows what a server can do by the end of a chapter
    Check(check::Options),
    /// Runs the official MCP conformance suite
    Conformance(conformance::Options),
    /// Runs the official TypeScript and Python clients and the Inspector
    Clients(clients::Options),
    /// Measures speed and memory, against peers in the same run and the budgets
    Bench(bench::Options),
    /// Restarts nodes one by one behind a load balancer, under load
    Rolling(rolling::Options),
    /// Kills, freezes and cuts nodes and Redis under load, and checks that what was
    /// acknowledged is recorded and counted
    Chaos(rolling::ChaosOptions),
    /// Shows which test proves which rule of the specification
    Rules(rules::Options),
    #[command(flatten)]
    Book(book::Command),
}

fn main() -> ExitCode {
    match run(Command::parse()) {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(tally)) => {
            println!("{tally}");
            if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A command that only shows something counts nothing.
fn run(command: Command) -> Result<Option<Tally>, Error> {
    match command {
        Command::Test => test::run().map(Some),
        Command::Check(options) => check::run(&options).map(Some),
        Command::Conformance(options) => conformance::run(&options).map(Some),
        Command::Clients(options) => clients::run(&options).map(Some),
        Command::Bench(options) => bench::run(&options).map(Some),
        Command::Rolling(options) => rolling::run(&options).map(Some),
        Command::Chaos(options) => rolling::chaos(&options).map(Some),
        Command::Rules(options) => rules::run(&options).map(Some),
        Command::Book(command) => book::run(command),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Command;

    #[test]
    fn the_options_of_all_commands_fit_together() {
        Command::command().debug_assert();
    }
}
