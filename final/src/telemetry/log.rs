//! The way of the log to standard error: a bounded queue and a thread of its own.
//! Standard error may be closed, full, or a pipe that is never read. Then lines are
//! lost and counted, and nothing else happens: no thread that serves waits for the
//! log, and no request fails because of it.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::panic::PanicHookInfo;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{
    ErrorCounter, NonBlocking, NonBlockingBuilder,
};
use tracing_subscriber::util::SubscriberInitExt;

use super::line::{JsonLine, JsonMembers, text_fields};

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// How many lines may wait: a burst of a busy node at level debug. A line is at most
/// a few KiB, usually a tenth of one.
const QUEUE: usize = 4_096;

/// How long the last lines may take at the end of the process.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Pause before a line is offered again to a descriptor that is set not to block.
const PAUSE: Duration = Duration::from_millis(10);

/// Lines that did not fit into the queue. A process has one standard error.
static DROPPED: OnceLock<ErrorCounter> = OnceLock::new();

/// Lines that standard error did not take.
static REFUSED: AtomicU64 = AtomicU64::new(0);

/// Counts the lines of the log that were lost.
pub fn lost_lines() -> u64 {
    let dropped = DROPPED.get().map_or(0, ErrorCounter::dropped_lines);
    REFUSED.load(Relaxed).saturating_add(dropped as u64)
}

/// Standard error, for everything that the process writes there. Dropping it waits
/// a moment for the last lines.
#[derive(Debug)]
pub struct Log {
    queue: NonBlocking,
    marks: Receiver<()>,
}

impl Log {
    /// Starts the thread that writes.
    pub fn open() -> Self {
        let (passed, marks) = sync_channel(1);
        let (queue, guard) = NonBlockingBuilder::default()
            .lossy(true)
            .buffered_lines_limit(QUEUE)
            .thread_name("log")
            .finish(LineWriter::new(io::stderr(), passed));
        // When dropped, it prints to standard output if the queue stays full. That
        // is the client's over stdio, and may be a pipe that is not read either.
        std::mem::forget(guard);
        // An error means that there is a log already, as in an embedding program.
        let _ = DROPPED.set(queue.error_counter());
        Self { queue, marks }
    }

    /// Sends all events of this level to standard error, and panics too. Only the
    /// first call has an effect.
    pub fn start(&self, level: LevelFilter, format: LogFormat) {
        let log = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_writer(self.queue.clone())
            .log_internal_errors(false);
        let started = match format {
            LogFormat::Text => log
                .with_ansi(io::stderr().is_terminal())
                .with_target(false)
                .fmt_fields(text_fields())
                .finish()
                .try_init(),
            LogFormat::Json => log
                .fmt_fields(JsonMembers)
                .event_format(JsonLine)
                .finish()
                .try_init(),
        };
        if started.is_ok() {
            std::panic::set_hook(Box::new(log_panic));
        }
    }

    /// Writes a line that is not an event.
    pub fn print(&self, line: &str) {
        self.put(format!("{line}\n").as_bytes());
    }

    fn put(&self, line: &[u8]) {
        // It is lossy, so it has no errors.
        let _ = self.queue.clone().write_all(line);
    }

    /// Waits until all lines are written, or until the deadline.
    fn flush(&self, deadline: Instant) {
        self.put(LineWriter::<io::Stderr>::MARK);
        let left = deadline.saturating_duration_since(Instant::now());
        // An error means that standard error is stuck.
        let _ = self.marks.recv_timeout(left);
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let deadline = Instant::now() + LAST_LINES;
        self.flush(deadline);
        // What the first mark led to: how many lines are lost.
        self.flush(deadline);
    }
}

/// Logs a panic. The standard library would write to standard error itself, on the
/// thread that panicked. The panics of handlers are caught and counted elsewhere.
fn log_panic(panic: &PanicHookInfo<'_>) {
    tracing::error!("{panic}");
    // Only if RUST_BACKTRACE asks for it.
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        for line in backtrace.to_string().lines() {
            tracing::error!("{line}");
        }
    }
}

/// What the thread writes with.
struct LineWriter<W> {
    output: W,
    passed: SyncSender<()>,
    /// How many lost lines the log has told of.
    announced: u64,
    /// Lines since the last time.
    since: usize,
    /// The last line was written in part.
    is_torn: bool,
    /// The last line was written.
    works: bool,
}

impl<W: Write> LineWriter<W> {
    /// An empty line is never written: it marks a place in the queue.
    const MARK: &[u8] = b"";

    fn new(output: W, passed: SyncSender<()>) -> Self {
        Self { output, passed, announced: 0, since: 0, is_torn: false, works: true }
    }

    fn put(&mut self, line: &[u8]) -> io::Result<()> {
        if self.is_torn {
            self.put_all(b"\n")?;
        }
        self.put_all(line)
    }

    fn put_all(&mut self, mut line: &[u8]) -> io::Result<()> {
        while !line.is_empty() {
            match self.output.write(line) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(length) => {
                    line = &line[length..];
                    self.is_torn = !line.is_empty();
                }
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted => {}
                    // A parent may have set the pipe so, for its own end.
                    ErrorKind::WouldBlock => thread::sleep(PAUSE),
                    _ => return Err(error),
                },
            }
        }
        Ok(())
    }

    /// Logs how many lines are lost, if a line has a chance to arrive. It goes
    /// through the queue like any other, so it has the format of the others.
    fn announce(&mut self) {
        self.since = 0;
        let lost = lost_lines();
        if self.works && lost > self.announced {
            tracing::error!("{} lines lost", lost - self.announced);
            self.announced = lost;
        }
    }
}

/// Never fails: a line that cannot be written is lost.
impl<W: Write> Write for LineWriter<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.write_all(line)?;
        Ok(line.len())
    }

    fn write_all(&mut self, line: &[u8]) -> io::Result<()> {
        if line == Self::MARK {
            self.announce();
            // An error means that an earlier mark was not waited for.
            let _ = self.passed.try_send(());
            return Ok(());
        }
        self.works = self.put(line).is_ok();
        if !self.works {
            REFUSED.fetch_add(1, Relaxed);
        }
        self.since += 1;
        // By now everything is written that was queued before the loss.
        if self.since >= QUEUE {
            self.announce();
        }
        Ok(())
    }

    /// The queue is empty.
    fn flush(&mut self) -> io::Result<()> {
        self.announce();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes a few bytes at a time, or does what it is told.
    #[derive(Default)]
    struct Pipe {
        taken: String,
        answers: Vec<io::Result<usize>>,
    }

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let length = self.answers.pop().unwrap_or(Ok(bytes.len()))?;
            let length = length.min(bytes.len());
            self.taken.push_str(&String::from_utf8_lossy(&bytes[..length]));
            Ok(length)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(mut answers: Vec<io::Result<usize>>, lines: &[&str]) -> String {
        answers.reverse();
        let pipe = Pipe { answers, ..Pipe::default() };
        let mut writer = LineWriter::new(pipe, sync_channel(1).0);
        for line in lines {
            let line = writer.write_all(line.as_bytes());
            assert!(line.is_ok(), "a log has no errors");
        }
        writer.output.taken
    }

    #[test]
    fn a_pipe_that_takes_a_line_in_parts_gets_all_of_it() {
        let busy = || Err(ErrorKind::WouldBlock.into());
        let signal = || Err(ErrorKind::Interrupted.into());
        let answers = vec![busy(), Ok(2), signal(), busy(), Ok(1)];
        assert_eq!(written(answers, &["one\n", "two\n"]), "one\ntwo\n");
    }

    #[test]
    fn a_line_after_half_a_line_begins_anew() {
        let full = || Err(ErrorKind::StorageFull.into());
        let before = lost_lines();
        let lines = ["one\n", "two\n", "three\n", "four\n"];
        let answers = vec![full(), Ok(2), full(), full()];
        assert_eq!(written(answers, &lines), "tw\nfour\n");
        assert_eq!(lost_lines() - before, 3);
    }
}
