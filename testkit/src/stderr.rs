//! Where the standard error of a program goes.

use std::fs::File;
use std::io::{PipeReader, Result, pipe};
use std::process::Stdio;

/// What is at the other end of a program's standard error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stderr {
    /// A file, which takes everything and is kept.
    #[default]
    Kept,
    /// A pipe that is not read before [`Process::read_stderr`](crate::Process::read_stderr).
    Unread,
    /// A pipe whose reader is gone.
    Closed,
    /// A full disk.
    Full,
}

impl Stderr {
    /// What the program gets, and the reader of a pipe that is not read yet.
    pub(crate) fn open(self, kept: &File) -> Result<(Stdio, Option<PipeReader>)> {
        Ok(match self {
            Self::Kept => (kept.try_clone()?.into(), None),
            Self::Unread => {
                let (reader, writer) = pipe()?;
                (writer.into(), Some(reader))
            }
            Self::Closed => (pipe()?.1.into(), None),
            Self::Full => {
                (File::options().write(true).open("/dev/full")?.into(), None)
            }
        })
    }
}
