//! A child process: what it prints is kept, it gets signals, it never outlives
//! its owner.

use std::{
    io::Read,
    process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::eventually;

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    child: Child,
    output: Arc<Mutex<String>>,
    /// It is a shell, and what it starts is to end with it.
    leads_group: bool,
    /// What reads the pipes.
    readers: Vec<JoinHandle<()>>,
}

impl Process {
    /// Starts `command`; both of its outputs go to one buffer.
    pub fn start(name: &str, command: &mut Command) -> Self {
        let mut process = Self::spawn(name, command.stdin(Stdio::null()));
        if let Some(pipe) = process.child.stdout.take() {
            process.drain(pipe);
        }
        process
    }

    /// Starts `command` and hands over its input and output; what it says to
    /// stderr is kept.
    pub fn piped(
        name: &str,
        command: &mut Command,
    ) -> (Self, ChildStdin, ChildStdout) {
        let mut process = Self::spawn(name, command.stdin(Stdio::piped()));
        match (process.child.stdin.take(), process.child.stdout.take()) {
            (Some(input), Some(output)) => (process, input, output),
            _ => panic!("{name} has no pipes"),
        }
    }

    /// The same process, which was started in a group of its own: the others of
    /// that group are killed with it.
    pub fn leading_group(mut self) -> Self {
        self.leads_group = true;
        self
    }

    fn spawn(name: &str, command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let stderr = child.stderr.take();
        let mut process = Self {
            name: name.to_owned(),
            child,
            output: Arc::default(),
            leads_group: false,
            readers: Vec::new(),
        };
        if let Some(pipe) = stderr {
            process.drain(pipe);
        }
        process
    }

    /// Reads a pipe to its end on a thread, so that a full pipe never blocks the
    /// process. The thread ends with the process.
    fn drain(&mut self, mut pipe: impl Read + Send + 'static) {
        let output = self.output.clone();
        self.readers.push(thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = pipe.read(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..length]);
                let mut output =
                    output.lock().unwrap_or_else(PoisonError::into_inner);
                output.push_str(&text);
            }
        }));
    }

    /// Everything printed so far, as far as it has come through the pipes.
    pub fn output(&self) -> String {
        self.output.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How much memory it uses at this moment; 0 if the system does not say so.
    pub fn resident_bytes(&self) -> u64 {
        self.memory("VmRSS:")
    }

    /// How much memory it has used at most; 0 if the system does not say so.
    pub fn peak_bytes(&self) -> u64 {
        self.memory("VmHWM:")
    }

    /// Lets [`peak_bytes`](Self::peak_bytes) begin anew; returns what is used now.
    pub fn forget_peak(&self) -> u64 {
        // Where the system cannot, the peak is that of the whole life.
        let _ =
            std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5");
        self.resident_bytes()
    }

    fn memory(&self, figure: &str) -> u64 {
        let status = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(status).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(figure));
        let kib = line.and_then(|line| line.trim().strip_suffix("kB"));
        kib.and_then(|kib| kib.trim().parse().ok()).unwrap_or(0_u64) * 1024
    }

    /// Sends a signal. The process is not reaped yet, so its id is still its own.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap_or_else(
            |error| panic!("{} does not take {signal:?}: {error}", self.name),
        );
    }

    /// Ends the process at once, without a chance to clean up.
    pub fn kill(&mut self) {
        // Once it is reaped, its id may be somebody else's.
        if self.leads_group && self.exited().is_none() {
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        }
        // An error means that it has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// How the process ended, if it has.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap_or_else(|error| {
            panic!("{} cannot be waited for: {error}", self.name)
        })
    }

    /// Waits for the process to end by itself.
    pub async fn wait(&mut self, within: Duration) -> ExitStatus {
        let what = format!("{} ends", self.name);
        eventually(&what, within, async || self.exited()).await
    }

    /// Everything that a process has printed that has ended.
    pub fn last_output(&mut self) -> String {
        for reader in self.readers.drain(..) {
            reader.join().unwrap_or_else(|_| panic!("{} is not read", self.name));
        }
        self.output()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
