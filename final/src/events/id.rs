//! The ids of streams and events.

use std::fmt;

use uuid::Uuid;

/// The purpose of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StreamKind {
    /// The stream that answers one call.
    Call,
    /// The GET stream, for messages that belong to no call.
    Get,
}

/// The id of a stream in its session. The store counts the numbers, so that no two
/// nodes use the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StreamId {
    /// The purpose of the stream.
    pub kind: StreamKind,
    /// Grows with every stream of the session.
    pub number: u64,
}

impl StreamId {
    /// Returns whether this is a newer stream of the same kind.
    pub fn replaces(self, other: Self) -> bool {
        self.kind == other.kind && self.number > other.number
    }

    /// Parses the form that [`Display`](fmt::Display) writes, and no other.
    pub fn parse(text: &str) -> Option<Self> {
        let kind = match text.chars().next()? {
            'c' => StreamKind::Call,
            'g' => StreamKind::Get,
            _ => return None,
        };
        Some(Self { kind, number: number(&text[1..])? })
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            StreamKind::Call => 'c',
            StreamKind::Get => 'g',
        };
        write!(f, "{kind}{}", self.number)
    }
}

/// The position of an entry in the log of a session, as Redis counts: by time, and
/// within a millisecond by number. A store that has lost its newest entries
/// therefore does not reuse their ids.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId {
    /// Milliseconds since 1970.
    pub time: u64,
    /// The number of the entry within its millisecond.
    pub number: u64,
}

impl EntryId {
    /// Parses the form that [`Display`](fmt::Display) writes, and no other.
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

/// The id of an attempt to run a call with a stream. A client may reuse the id of a
/// call, and a node may repeat an attempt that was not confirmed, but the id of an
/// attempt is never used for another one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AttemptId(String);

impl AttemptId {
    /// Generates an id.
    pub fn generate() -> Self {
        Self(Uuid::new_v4().to_string())
    }

    /// Makes the id of the attempt that storage knows by this name.
    pub fn named(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// Returns the name by which storage knows the attempt. It has no spaces.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The id of an event, as clients know it: `<stream>.<entry>` (L056, L057).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventId {
    /// The stream of the event.
    pub stream: StreamId,
    /// The position of the event in the log of the session.
    pub entry: EntryId,
}

impl EventId {
    /// Parses the form that [`Display`](fmt::Display) writes, and no other.
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

/// Parses a number without a sign and leading zeros.
fn number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}
