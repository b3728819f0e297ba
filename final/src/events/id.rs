//! The ids of streams and of what was said on them.

use std::fmt;

use uuid::Uuid;

/// What a stream is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StreamKind {
    /// Answers one call.
    Call,
    /// Answers GET: for what belongs to no call.
    Listener,
}

/// One stream of a session. Numbers are counted in the store, so none is given
/// twice in a session, on whichever node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StreamId {
    /// What it is for.
    pub kind: StreamKind,
    /// Grows with every stream of the session.
    pub number: u64,
}

impl StreamId {
    /// Whether this is a newer stream of the same kind.
    pub fn replaces(self, other: Self) -> bool {
        self.kind == other.kind && self.number > other.number
    }

    /// Reads the form that [`Display`](fmt::Display) writes, and no other.
    pub fn parse(text: &str) -> Option<Self> {
        let kind = match text.chars().next()? {
            'c' => StreamKind::Call,
            'g' => StreamKind::Listener,
            _ => return None,
        };
        Some(Self { kind, number: number(&text[1..])? })
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            StreamKind::Call => 'c',
            StreamKind::Listener => 'g',
        };
        write!(f, "{kind}{}", self.number)
    }
}

/// The place of an entry in the log of a session, as Redis counts: by time, and
/// within a millisecond by number. A store that has lost its newest entries
/// therefore does not give their ids again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId {
    /// Milliseconds since 1970.
    pub time: u64,
    /// Counts what came in the same millisecond.
    pub number: u64,
}

impl EntryId {
    /// Reads the form that [`Display`](fmt::Display) writes, and no other.
    pub fn parse(text: &str) -> Option<Self> {
        let (time, count) = text.split_once('-')?;
        Some(Self { time: number(time)?, number: number(count)? })
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.time, self.number)
    }
}

/// One attempt to run a call as a stream. A client may use the id of a call again,
/// and an attempt that was not confirmed may be repeated; this id is never used twice.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AttemptId(String);

impl AttemptId {
    /// Generates a new one.
    pub fn generate() -> Self {
        Self(Uuid::new_v4().to_string())
    }

    /// The attempt that storage knows by this name.
    pub fn named(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The name by which storage knows it, without spaces.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The id of an event, as clients know it: `<stream>.<entry>` (L056, L057).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventId {
    /// The stream on which it was said.
    pub stream: StreamId,
    /// Its place in the log of the session.
    pub entry: EntryId,
}

impl EventId {
    /// Reads the form that [`Display`](fmt::Display) writes, and no other.
    pub fn parse(text: &str) -> Option<Self> {
        let (stream, entry) = text.split_once('.')?;
        Some(Self {
            stream: StreamId::parse(stream)?,
            entry: EntryId::parse(entry)?,
        })
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.stream, self.entry)
    }
}

/// A number as we write it: no sign, no zeros in front.
fn number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}
