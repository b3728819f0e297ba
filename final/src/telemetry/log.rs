//! Writes the log to standard error, through a bounded queue and on a thread of its
//! own. Standard error may be closed, full, or a pipe that is never read. Then the
//! log loses lines and counts them, but no thread that serves requests waits for
//! the log, and no request fails because of it.

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

/// The format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The number of lines that may wait: enough for a burst of a busy node at level
/// debug. A line has at most a few KiB, and usually about a hundred bytes.
const QUEUE: usize = 4_096;

/// The time for the last lines at the end of the process.
const LAST_LINES: Duration = Duration::from_secs(1);

/// The pause before a write is repeated on a non-blocking descriptor that was full.
const PAUSE: Duration = Duration::from_millis(10);

/// The number of lines that did not fit into the queue. It is static, because a
/// process has one standard error.
static DROPPED: OnceLock<ErrorCounter> = OnceLock::new();

/// The number of lines that could not be written to standard error.
static REFUSED: AtomicU64 = AtomicU64::new(0);

/// Counts the lines of the log that were lost.
pub fn lost_lines() -> u64 {
    let dropped = DROPPED.get().map_or(0, ErrorCounter::dropped_lines);
    REFUSED.load(Relaxed).saturating_add(dropped as u64)
}

/// The writer of everything that the process writes to standard error. Dropping it
/// waits a moment for the last lines.
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
        // A dropped guard prints to standard output if the queue stays full. Over
        // stdio that stream belongs to the client, and it may be a pipe that is
        // never read.
        std::mem::forget(guard);
        // An error means that a log exists already, for example in a program that
        // embeds this library.
        let _ = DROPPED.set(queue.error_counter());
        Self { queue, marks }
    }

    /// Sends events of this level or a more severe one, and panics, to standard
    /// error. Only the first call has an effect.
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
        // The queue is lossy, so it returns no errors.
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
        // The first mark may have queued a line about lost lines.
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

/// The writer on the log's thread.
struct LineWriter<W> {
    output: W,
    passed: SyncSender<()>,
    /// The number of lost lines that the log has reported.
    announced: u64,
    /// The number of lines since the last report.
    since: usize,
    /// The last line was written only in part.
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
                    // A parent process may have made the pipe non-blocking.
                    ErrorKind::WouldBlock => thread::sleep(PAUSE),
                    _ => return Err(error),
                },
            }
        }
        Ok(())
    }

    /// Logs how many lines are lost, if standard error accepts lines again. This
    /// line goes through the queue, so it has the format of the others.
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
            // An error means that an earlier mark is not received yet.
            let _ = self.passed.try_send(());
            return Ok(());
        }
        self.works = self.put(line).is_ok();
        if !self.works {
            REFUSED.fetch_add(1, Relaxed);
        }
        self.since += 1;
        // By now, all lines that were queued before the loss are written.
        if self.since >= QUEUE {
            self.announce();
        }
        Ok(())
    }

    /// Reports lost lines. The thread calls this when the queue is empty.
    fn flush(&mut self) -> io::Result<()> {
        self.announce();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe that answers writes with the given results, and then accepts all
    /// bytes.
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
