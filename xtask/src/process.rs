//! Starting, bounding and ending other programs.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::Error;

/// A program that ends when this value is dropped, by its own process id.
pub struct Running {
    child: Child,
}

impl Running {
    /// Starts `command` in the background, its output in the file `log`.
    pub fn start(command: &mut Command, log: &Path) -> Result<Self, Error> {
        let output = File::create(log)?;
        let child = spawn(command.stdout(output.try_clone()?).stderr(output))?;
        Ok(Self { child })
    }

    /// Starts `command` and waits until a line on its standard error holds
    /// `marker`. Returns that line. All lines are copied to the file `log`.
    pub fn start_and_await(
        command: &mut Command,
        marker: &'static str,
        log: &Path,
    ) -> Result<(Self, String), Error> {
        let mut log_file = File::create(log)?;
        let mut child =
            spawn(command.stdout(Stdio::null()).stderr(Stdio::piped()))?;
        let stderr = child.stderr.take().ok_or("no standard error to read")?;
        let running = Self { child };

        // This thread ends with the program, whose last line it writes down.
        let (found, line) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let _ = writeln!(log_file, "{line}");
                if line.contains(marker) {
                    let _ = found.send(line);
                }
            }
        });
        let line = line.recv_timeout(Duration::from_secs(30)).map_err(|_| {
            let log = log.display();
            format!("{command:?} did not print {marker:?}; see {log}")
        })?;
        Ok((running, line))
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Processor time that it has used, in seconds: of all its threads, in user and
    /// system mode, in the clock's ticks of 10 ms.
    pub fn processor_time(&self) -> Result<f64, Error> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id()))?;
        // The second field is the name, in brackets, and may hold anything.
        let fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        let ticks = |number: usize| -> Result<f64, Error> {
            let field = fields.split(' ').nth(number - 3).ok_or("a short stat")?;
            Ok(field.parse()?)
        };
        Ok((ticks(14)? + ticks(15)?) / 100.0)
    }

    /// How often its threads have gone to sleep, because they had nothing to do.
    pub fn sleeps(&self) -> Result<f64, Error> {
        let mut sleeps = 0.0;
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.id()))? {
            // A thread may end between the list and the look.
            let status = std::fs::read_to_string(thread?.path().join("status"));
            sleeps += sleeps_in(&status.unwrap_or_default()).unwrap_or_default();
        }
        Ok(sleeps)
    }

    /// Whether the program ended by itself.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The count in `voluntary_ctxt_switches:  12`.
fn sleeps_in(status: &str) -> Option<f64> {
    let mut lines = status.lines();
    let count =
        lines.find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    count?.trim().parse().ok()
}

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
    let mut running = Running { child: spawn(command)? };

    let started = Instant::now();
    let status = loop {
        if let Some(status) = running.child.try_wait()? {
            break Some(status);
        }
        if started.elapsed() > deadline {
            break None;
        }
        thread::sleep(Duration::from_millis(20));
    };
    Ok(Output {
        success: status.is_some_and(|status| status.success()),
        text: String::from_utf8_lossy(&std::fs::read(log)?).into_owned(),
    })
}

/// Runs `command` to its end on our own terminal. `true` if it succeeded.
pub fn succeeds(command: &mut Command) -> Result<bool, Error> {
    Ok(spawn(command)?.wait()?.success())
}

/// The file that `program` names on the search path, if there is one.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// Starts `command`, which reads nothing. An error names the program, because
/// "no such file" alone does not say which file.
fn spawn(command: &mut Command) -> Result<Child, Error> {
    command.stdin(Stdio::null()).spawn().map_err(|error| {
        format!("cannot run {}: {error}", command.get_program().display()).into()
    })
}

#[cfg(test)]
mod tests {
    use super::sleeps_in;

    #[test]
    fn a_thread_that_was_interrupted_did_not_sleep() {
        let status = "Threads:\t3\nvoluntary_ctxt_switches:\t42\n\
                      nonvoluntary_ctxt_switches:\t7\n";
        assert_eq!(sleeps_in(status), Some(42.0));
        assert_eq!(sleeps_in("Name:\tredis"), None);
    }
}
