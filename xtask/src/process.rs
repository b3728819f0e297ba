//! Running other programs to their end.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::Error;
use crate::tally::Tally;

/// How often a program is asked whether it has ended.
const GLANCE: Duration = Duration::from_millis(20);

/// What a program printed before it ended.
pub struct Output {
    /// Whether it ended with status 0, in time.
    pub success: bool,
    /// Its standard output.
    pub text: String,
}

/// Runs `command` to its end, or to `deadline`, after which it is killed.
/// Its standard output goes to the file `log` and is returned; its standard
/// error goes beside it.
pub fn run_within(
    deadline: Duration,
    command: &mut Command,
    log: &Path,
) -> Result<Output, Error> {
    let errors = log.with_extension("stderr.log");
    command.stdout(File::create(log)?).stderr(File::create(&errors)?);
    let mut child = spawn(command)?;
    let started = Instant::now();
    let mut status = child.try_wait()?;
    while status.is_none() && started.elapsed() < deadline {
        sleep(GLANCE);
        status = child.try_wait()?;
    }
    if status.is_none() {
        child.kill()?;
        child.wait()?;
    }
    Ok(Output {
        success: status.is_some_and(|status| status.success()),
        text: String::from_utf8_lossy(&std::fs::read(log)?).into_owned(),
    })
}

/// Runs `command` to its end on our own terminal. `true` if it succeeded.
pub fn succeeds(command: &mut Command) -> Result<bool, Error> {
    Ok(spawn(command)?.wait()?.success())
}

/// Runs a harness, shows what it prints, and returns the counts of its last line.
pub fn counted(command: &mut Command) -> Result<Tally, Error> {
    let mut child = spawn(command.stdout(Stdio::piped()))?;
    let stdout = child.stdout.take().ok_or("no standard output to read")?;
    let mut tally = None;
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        tally = Tally::parse(&line);
        if tally.is_none() {
            println!("{line}");
        }
    }
    child.wait()?;
    tally.ok_or_else(|| "the harness did not come to its end".into())
}

/// Starts `command`, which reads nothing. An error names the program, because
/// "no such file" alone does not say which file.
fn spawn(command: &mut Command) -> Result<Child, Error> {
    command.stdin(Stdio::null()).spawn().map_err(|error| {
        format!("cannot run {}: {error}", command.get_program().display()).into()
    })
}
