//! A child process.

use std::fs::File;
use std::io::{Error, PipeReader, Result, copy};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::Stderr;

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    /// What it has printed. A file never makes the program wait for a reader.
    log: File,
    /// Its standard error, while nobody reads it.
    unread: Option<PipeReader>,
    /// It is a shell, and what it starts must end with it.
    leads_group: bool,
}

impl Process {
    /// Starts `command` without input. What it prints is kept as long as this value.
    ///
    /// # Errors
    /// If the program cannot be run.
    pub fn start(command: &mut Command) -> Result<Self> {
        Self::start_with(command, Stderr::Kept)
    }

    /// [`start`](Self::start) with another standard error.
    ///
    /// # Errors
    /// If the program cannot be run.
    pub fn start_with(command: &mut Command, stderr: Stderr) -> Result<Self> {
        let log = tempfile::tempfile()?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?);
        Self::spawn(command, log, stderr)
    }

    /// Starts `command` without input. What it prints replaces the file `log`.
    ///
    /// # Errors
    /// If the file cannot be written or the program cannot be run.
    pub fn start_into(log: &Path, command: &mut Command) -> Result<Self> {
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(true);
        let log = options.open(log)?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?);
        Self::spawn(command, log, Stderr::Kept)
    }

    /// Starts `command` and returns its input and its output. What it prints to its
    /// standard error is kept.
    ///
    /// # Errors
    /// If the program cannot be run.
    pub fn piped(
        command: &mut Command,
        stderr: Stderr,
    ) -> Result<(Self, ChildStdin, ChildStdout)> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Self::spawn(command, tempfile::tempfile()?, stderr)?;
        match (process.child.stdin.take(), process.child.stdout.take()) {
            (Some(input), Some(output)) => Ok((process, input, output)),
            _ => Err(Error::other(format!("{} has no pipes", process.name))),
        }
    }

    fn spawn(command: &mut Command, log: File, stderr: Stderr) -> Result<Self> {
        let program = Path::new(command.get_program()).to_owned();
        let name = program.file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        let (end, unread) = stderr.open(&log)?;
        // "No such file" alone does not say which file.
        let child = command.stderr(end).spawn().map_err(|error| {
            Error::other(format!("cannot run {}: {error}", program.display()))
        })?;
        // The command would hold its end of a pipe open.
        command.stderr(Stdio::null());
        Ok(Self { name, child, log, unread, leads_group: false })
    }

    /// The same process, which was started in a group of its own: the others of that
    /// group are killed with it.
    pub fn leading_group(mut self) -> Self {
        self.leads_group = true;
        self
    }

    /// Reads a standard error that was not read until now, on a thread that ends
    /// with the process.
    ///
    /// # Errors
    /// If the file for it cannot be used.
    pub fn read_stderr(&mut self) -> Result<()> {
        if let Some(mut pipe) = self.unread.take() {
            let mut log = self.log.try_clone()?;
            thread::spawn(move || copy(&mut pipe, &mut log));
        }
        Ok(())
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything that it has printed so far.
    pub fn output(&self) -> String {
        let length = self.log.metadata().map_or(0, |file| file.len());
        let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
        let length = self.log.read_at(&mut bytes, 0).unwrap_or_default();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    /// Everything that it has printed, once that contains `text`.
    ///
    /// # Errors
    /// If the program has ended without printing it.
    pub fn printed(&mut self, text: &str) -> Result<Option<String>> {
        // Asked first: what is printed before the end must not be missed.
        let ended = self.exited();
        let output = self.output();
        match ended {
            _ if output.contains(text) => Ok(Some(output)),
            Some(status) => {
                Err(Error::other(format!("{}: {status}\n{output}", self.name)))
            }
            None => Ok(None),
        }
    }

    /// Sends a signal. A process that has ended takes none.
    pub fn signal(&self, signal: Signal) {
        // The process is not reaped yet, so its id is still its own.
        let _ = kill_process(Pid::from_child(&self.child), signal);
    }

    /// SIGTERM: the program may clean up.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// SIGSTOP: its sockets stay open, and it answers nothing.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// SIGCONT: continues after [`pause`](Self::pause).
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// SIGKILL: ends the process without a chance to clean up.
    pub fn kill(&mut self) {
        // Once it is reaped, its id may belong to another process.
        if self.leads_group && self.exited().is_none() {
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        }
        // An error means that it has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// How the process ended, if it has.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Processor time that it has used, in seconds: of all its threads, in user and
    /// system mode, in the clock's ticks of 10 ms.
    ///
    /// # Errors
    /// Where the system has no `/proc`.
    pub fn processor_time(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id()))?;
        // The second field is the name, in brackets, and may hold anything.
        let fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        let ticks = |number: usize| {
            let field = fields.split(' ').nth(number - 3);
            field.and_then(|field| field.parse::<f64>().ok()).unwrap_or(f64::NAN)
        };
        Ok((ticks(14) + ticks(15)) / 100.0)
    }

    /// How often its threads have gone to sleep because they had nothing to do.
    ///
    /// # Errors
    /// Where the system has no `/proc`.
    pub fn sleeps(&self) -> Result<u64> {
        let mut sleeps = 0;
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.id()))? {
            // A thread may end before its file is read.
            let status = std::fs::read_to_string(thread?.path().join("status"));
            let status = status.unwrap_or_default();
            sleeps += number_in(&status, "voluntary_ctxt_switches:").unwrap_or(0);
        }
        Ok(sleeps)
    }

    /// How much memory it uses at this moment; 0 where the system has no `/proc`.
    pub fn resident_bytes(&self) -> u64 {
        self.memory("VmRSS:")
    }

    /// How much memory it has used at most; 0 where the system has no `/proc`.
    pub fn peak_bytes(&self) -> u64 {
        self.memory("VmHWM:")
    }

    /// Resets [`peak_bytes`](Self::peak_bytes) and returns what is used now.
    pub fn forget_peak(&self) -> u64 {
        // Where the system cannot, the peak is that of the whole life.
        let _ = std::fs::write(format!("/proc/{}/clear_refs", self.id()), "5");
        self.resident_bytes()
    }

    fn memory(&self, figure: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()));
        number_in(&status.unwrap_or_default(), figure).unwrap_or(0) * 1024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The number in a line of `/proc/PID/status`, for example `VmRSS: 12 kB`.
fn number_in(status: &str, name: &str) -> Option<u64> {
    let number = status.lines().find_map(|line| line.strip_prefix(name))?;
    number.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Process, number_in};
    use crate::wait_until;

    use std::process::Command;

    #[test]
    fn a_thread_that_was_interrupted_did_not_sleep() {
        let status = "VmRSS:\t  12 kB\nvoluntary_ctxt_switches:\t42\n\
                      nonvoluntary_ctxt_switches:\t7\n";
        assert_eq!(number_in(status, "voluntary_ctxt_switches:"), Some(42));
        assert_eq!(number_in(status, "VmRSS:"), Some(12));
        assert_eq!(number_in("Name:\tredis", "VmRSS:"), None);
    }

    #[test]
    fn both_outputs_are_kept_in_their_order() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "echo one; echo two >&2; echo three"]);
        let mut process = Process::start(&mut shell).expect("it starts");
        let printed = wait_until("all three", || process.printed("three"));
        assert_eq!(printed.expect("it prints them"), "one\ntwo\nthree\n");
        let missing = wait_until("a fourth", || process.printed("four"));
        let error = missing.expect_err("it has ended").to_string();
        assert!(error.starts_with("sh: exit status: 0\none"), "{error}");
    }
}
