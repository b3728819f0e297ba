//! A server at the other end of two pipes: lines instead of messages over sockets,
//! the same record.

use super::{CLIENT, Recorder};
use crate::Pipes;

/// Two pipes whose lines are written down.
#[derive(Debug)]
pub struct RecordedPipes {
    recorder: Recorder,
    server: String,
    pipes: Pipes,
}

impl RecordedPipes {
    pub(super) fn new(recorder: Recorder, server: &str, pipes: Pipes) -> Self {
        Self { recorder, server: server.to_owned(), pipes }
    }

    /// Writes one line.
    pub fn write(&mut self, line: &str) {
        self.note(CLIENT, &self.server, line);
        self.pipes.write(line);
    }

    /// The next line, or `None` at the end.
    pub async fn line(&mut self) -> Option<String> {
        let line = self.pipes.line().await?;
        self.note(&self.server, CLIENT, &line);
        Some(line)
    }

    /// The pipes, to close them or to end the server.
    pub fn pipes(&mut self) -> &mut Pipes {
        &mut self.pipes
    }

    fn note(&self, from: &str, to: &str, line: &str) {
        self.recorder.line(from, to, line);
    }
}
