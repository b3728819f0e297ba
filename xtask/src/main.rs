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
//! node          one running server of ours, for as long as its guard lives
//! redis         one redis-server of our own
//! balancer      a haproxy in front of several nodes, with the shipped settings
//! debian        programs that come from Debian where they are missing
//! npx           Node.js 22 and npm packages, through npx
//! process       starting, bounding and ending other programs
//! workspace     where things are, and building one binary
//! ```

use std::process::ExitCode;

mod balancer;
mod bench;
mod book;
mod check;
mod clients;
mod conformance;
mod debian;
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

const USAGE: &str = "\
usage: cargo xtask COMMAND

  test          format, lints, documentation, build, all tests, and
                that the rules have them
  check NN      what a server can do by the end of chapter NN, or of final
                  --mine                   your own, in work/NN
                  --url URL                a server that already runs
                  --cmd COMMAND            a server that may be started and killed
  conformance   the official MCP conformance suite
                  --revision DATE          2025-11-25; or 2026-07-28
                  --store memory|redis|both    memory
                  --nodes N                1; more share Redis behind a balancer
                  --release                build with optimizations
                  --url URL                test a server that already runs
  clients       the official TypeScript and Python clients and the Inspector
                  --url URL --url URL      two nodes that already run
                  --chapter NN             that chapter's server instead
  bench         speed and memory, against peers in the same run and the budgets
                  NAME…                    only these scenarios; oha, which
                                           compares load generators, runs only so
                  --quick                  rough, without cold builds; nothing
                                           is kept
                  --plot                   only draw what was kept
  rolling       restarts nodes one by one behind a balancer, under load
                  --seconds N              60
  rules         which test proves which rule of the specification
                  --only L,M,D             all three
                  --markdown               as a page of the book
                  --out PATH               into a file";

const CLOSING: &str = "\
A command that checks ends with one line, `N passed, N failed`, and exits with 0
only if nothing failed.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let of_the_book = arguments
        .split_first()
        .and_then(|(command, rest)| book::run(command, rest));
    let outcome = match of_the_book {
        Some(Ok(None)) => return ExitCode::SUCCESS,
        Some(Ok(Some(tally))) => Ok(tally),
        Some(Err(error)) => Err(error),
        None => run(&arguments),
    };
    match outcome {
        Ok(tally) => {
            println!("{tally}");
            if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<Tally, Error> {
    match arguments.split_first() {
        Some((command, [])) if command == "test" => test::run(),
        Some((command, options)) if command == "conformance" => {
            conformance::run(&conformance::Options::parse(options)?)
        }
        Some((command, options)) if command == "check" => check::run(options),
        Some((command, options)) if command == "bench" => bench::run(options),
        Some((command, options)) if command == "rolling" => rolling::run(options),
        Some((command, options)) if command == "rules" => {
            rules::run(&rules::Options::parse(options)?)
        }
        Some((command, options)) if command == "clients" => {
            clients::run(&clients::Options::parse(options)?)
        }
        _ => Err(format!("{USAGE}\n{}\n\n{CLOSING}", book::USAGE).into()),
    }
}
