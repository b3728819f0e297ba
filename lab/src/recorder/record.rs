//! Messages in the order in which they passed.

use std::time::SystemTime;

use super::resp::Value;
use super::{CLIENT, REDIS, noise, order};
use crate::event::Event;
use crate::names::Names;

/// The number of entries that a record keeps: about 100 MiB, and more than a class
/// produces in a day. A client that polls all night must not fill the memory.
pub const MAX_ENTRIES: usize = 100_000;

/// What was written down.
#[derive(Debug, Default)]
pub struct Record {
    /// In the order in which they passed.
    pub entries: Vec<Entry>,
    /// What differs from run to run, by name.
    pub names: Names,
    /// How many parts of the story that are not written down are under way.
    pub quiet: usize,
    /// Keys that belong to no session and are part of the story.
    pub told_keys: Vec<String>,
    /// What the diagram shows of a resource: the member with this name.
    pub focus: Option<String>,
    /// Where the next entry will stand.
    pub next: Place,
    /// What was written down and has turned out to be noise.
    pub taken_back: Vec<Place>,
    /// The sessions of all entries before this place have names.
    named: Place,
}

/// Where an entry stands in its record. No other entry ever stands there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(pub u64);

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Sender and receiver, or whom a remark is about.
    pub who: Vec<String>,
    /// What happened.
    pub what: What,
    /// Where it stands.
    pub place: Place,
    /// When it was written down.
    pub time: SystemTime,
}

/// What can happen.
#[derive(Debug, Clone)]
pub enum What {
    /// An HTTP request.
    Request {
        /// `POST /mcp`
        line: String,
        /// Names in lower case.
        headers: Vec<(String, String)>,
        /// Empty if there is none.
        body: String,
    },
    /// The answer to one, or its head if an event stream follows.
    Response {
        /// The first line of the request.
        asked: String,
        /// `200 OK`
        line: String,
        /// Names in lower case.
        headers: Vec<(String, String)>,
        /// Empty if there is none.
        body: String,
    },
    /// One event of a stream.
    Event(Event),
    /// The end of a stream, in good order.
    End,
    /// A command to Redis.
    Command(Command),
    /// The answer to one.
    Reply(Command, Value),
    /// A message on a channel that the receiver is subscribed to.
    Pushed {
        /// The channel.
        channel: String,
        /// The message.
        payload: String,
    },
    /// A line of a pipe.
    Line(String),
    /// The connection breaks; the receiver gets no more.
    Cut,
    /// A process is killed.
    Killed,
    /// A message is held back: this one.
    Held(Box<What>),
    /// A server does not run, and this request did not reach it.
    Refused(Box<What>),
    /// Something that no socket says.
    Remark(String),
}

/// A command to Redis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// `HGETALL`, or the file name of a script.
    pub name: String,
    /// The keys of a script; of other commands the first argument.
    pub keys: Vec<String>,
    /// All other arguments.
    pub arguments: Vec<String>,
}

impl Entry {
    /// A message.
    pub fn message(from: &str, to: &str, what: What) -> Self {
        Self::about(vec![from.to_owned(), to.to_owned()], what)
    }

    /// A remark about some participants.
    pub fn about(who: Vec<String>, what: What) -> Self {
        Self { who, what, place: Place(0), time: SystemTime::UNIX_EPOCH }
    }
}

impl Record {
    /// Writes an entry down, unless it is noise or the story is quiet.
    pub fn add(&mut self, entry: Entry) -> Option<Place> {
        match noise::is_noise(&entry.what, &self.told_keys) {
            true => None,
            false => self.tell(entry),
        }
    }

    /// Writes an entry down, unless the story is quiet.
    pub fn tell(&mut self, mut entry: Entry) -> Option<Place> {
        if self.quiet > 0 {
            return None;
        }
        entry.place = self.next;
        entry.time = SystemTime::now();
        self.next.0 += 1;
        if self.entries.len() >= MAX_ENTRIES {
            self.entries.drain(..MAX_ENTRIES / 10);
        }
        self.entries.push(entry);
        Some(Place(self.next.0 - 1))
    }

    /// Takes an entry back: what followed has shown that it was noise.
    pub fn take_back(&mut self, place: Place) {
        self.entries.retain(|entry| entry.place != place);
        self.taken_back.push(place);
    }

    /// What is told: in an order that does not depend on chance, and with names for
    /// what differs from run to run.
    pub fn told(&mut self) -> Vec<Entry> {
        self.name_sessions();
        let mut names = self.names.clone();
        let mut entries = order::steady(&self.entries);
        for entry in &mut entries {
            entry.what.visit(&mut |text| *text = names.steady_text(text));
        }
        entries
    }

    /// The same for what was written down from this place on. Names that are given
    /// here stay.
    pub fn told_since(&mut self, place: Place) -> Vec<Entry> {
        self.name_sessions();
        let first = self.entries.partition_point(|entry| entry.place < place);
        let mut entries = order::steady(&self.entries[first..]);
        for entry in &mut entries {
            entry.what.visit(&mut |text| *text = self.names.steady_text(text));
        }
        entries
    }

    /// Names the sessions in the order in which they appear.
    pub fn name_sessions(&mut self) {
        let first = self.entries.partition_point(|entry| entry.place < self.named);
        self.named = self.next;
        for entry in &self.entries[first..] {
            let (What::Request { headers, .. } | What::Response { headers, .. }) =
                &entry.what
            else {
                continue;
            };
            for (_, id) in headers.iter().filter(|(name, _)| name == SESSION) {
                self.names.session(id);
            }
        }
    }
}

impl What {
    /// Changes every text in it that comes from outside.
    fn visit(&mut self, change: &mut impl FnMut(&mut String)) {
        match self {
            Self::Request { headers, body, .. }
            | Self::Response { headers, body, .. } => {
                headers.iter_mut().for_each(|(_, value)| change(value));
                change(body);
            }
            Self::Event(event) => {
                event.id.iter_mut().for_each(&mut *change);
                event.data.iter_mut().for_each(change);
            }
            Self::Command(command) => command.visit(change),
            Self::Reply(command, value) => {
                command.visit(change);
                value.visit(change);
            }
            Self::Pushed { channel, payload } => {
                change(channel);
                change(payload);
            }
            Self::Line(text) | Self::Remark(text) => change(text),
            Self::Held(what) | Self::Refused(what) => what.visit(change),
            Self::End | Self::Cut | Self::Killed => {}
        }
    }
}

impl Command {
    fn visit(&mut self, change: &mut impl FnMut(&mut String)) {
        self.keys.iter_mut().for_each(&mut *change);
        self.arguments.iter_mut().for_each(change);
    }
}

/// Who takes part, in the order: clients, nodes, Redis.
pub fn participants(entries: &[Entry]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in entries.iter().flat_map(|entry| &entry.who) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    let rank = |name: &str| match name {
        REDIS => 2,
        name if name.starts_with(CLIENT) => 0,
        _ => 1,
    };
    names.sort_by(|a, b| (rank(a), a).cmp(&(rank(b), b)));
    names
}

/// The header that names a session.
pub const SESSION: &str = "mcp-session-id";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_record_keeps_the_newest_entries() {
        let mut record = Record::default();
        for _ in 0..2 * MAX_ENTRIES {
            record.tell(Entry::message(CLIENT, REDIS, What::End));
        }
        assert!(record.entries.len() <= MAX_ENTRIES, "{}", record.entries.len());
        let last = record.entries.last().map(|entry| entry.place);
        assert_eq!(last, Some(Place(2 * MAX_ENTRIES as u64 - 1)));
    }
}
