//! `cargo xtask rolling`: nodes are restarted under load, and no client notices.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::workspace::build;
use crate::{Error, Tally, debian};

/// Runs the harness of the package `suite`, in release, with its own options. It
/// prints its table and its checks; what it says last are the counts.
pub fn run(options: &[String]) -> Result<Tally, Error> {
    for program in ["redis-server", "haproxy"] {
        debian::ensure_installed(program)?;
    }
    build("suite", "conformance-server", true)?;
    let harness = build("suite", "rolling", true)?;
    let mut command = Command::new(harness);
    // The server has just been built: without a cargo, the harness takes it as it
    // is. In the environment of this program it would be built anew.
    command.env_remove("CARGO");
    let mut child = command.args(options).stdout(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().ok_or("no standard output to read")?;

    let mut tally = None;
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        tally = closing_line(&line);
        if tally.is_none() {
            println!("{line}");
        }
    }
    child.wait()?;
    tally.ok_or_else(|| "the harness did not come to its end".into())
}

/// The counts in `7 passed, 0 failed`.
fn closing_line(line: &str) -> Option<Tally> {
    let (passed, failed) = line.strip_suffix(" failed")?.split_once(" passed, ")?;
    let (passed, failed) = (passed.parse().ok()?, failed.parse().ok()?);
    Some(Tally { passed, failed, skipped: 0 })
}

#[cfg(test)]
mod tests {
    use super::{Tally, closing_line};

    #[test]
    fn the_closing_line_is_told_from_others() {
        let tally = Tally { passed: 6, failed: 1, skipped: 0 };
        assert_eq!(closing_line("6 passed, 1 failed"), Some(tally));
        assert_eq!(closing_line("FAILED  no request failed"), None);
        assert_eq!(closing_line("failed                     0"), None);
    }
}
