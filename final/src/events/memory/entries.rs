//! The entries of the streams of one session, in the order of the log.

use std::collections::{HashMap, VecDeque};

use crate::events::id::{EntryId, EventId, StreamId};
use crate::events::log::{
    EntryKind, Event, LogBounds, LogPage, PAGE, ReaderLocation,
};
use crate::protocol::RawJson;
use crate::sessions::Timestamp;
use crate::sessions::clock::millis;

/// The log of one session.
#[derive(Default)]
pub(super) struct Entries {
    log: VecDeque<(StreamId, Event)>,
    /// The total size of all messages in the log.
    bytes: usize,
    newest: EntryId,
    /// The last entry of each stream that may still grow.
    last: HashMap<StreamId, EntryId>,
}

impl Entries {
    /// Evicts the oldest entries beyond the bounds, but never the newest entry.
    pub fn evict(&mut self, now: Timestamp, bounds: &LogBounds) {
        let oldest_time = now.0.saturating_sub(millis(bounds.age));
        while self.log.len() > 1
            && let Some((_, oldest)) = self.log.front()
            && (self.log.len() > bounds.entries
                || self.bytes > bounds.bytes
                || oldest.id.time < oldest_time)
        {
            self.bytes -= size(oldest);
            self.log.pop_front();
        }
    }

    /// Appends an entry to a stream.
    pub fn append(
        &mut self,
        stream: StreamId,
        kind: EntryKind,
        message: Option<RawJson>,
        now: Timestamp,
    ) -> EntryId {
        let EntryId { time, number } = self.newest;
        let next = EntryId { time, number: number + 1 };
        let id = next.max(EntryId { time: now.0, number: 0 });
        self.newest = id;
        let previous = match kind {
            EntryKind::End => self.last.remove(&stream),
            _ => self.last.insert(stream, id),
        };
        let previous = previous.unwrap_or_default();
        let event = Event { id, previous, kind, message };
        self.bytes += size(&event);
        self.log.push_back((stream, event));
        id
    }

    /// Appends messages to a stream.
    pub fn append_messages(
        &mut self,
        stream: StreamId,
        messages: impl IntoIterator<Item = RawJson>,
        now: Timestamp,
    ) {
        for message in messages {
            self.append(stream, EntryKind::Message, Some(message), now);
        }
    }

    /// Returns the messages of a stream after an entry.
    pub fn messages_after(&self, seen: EventId) -> Vec<RawJson> {
        let later = self.log.iter().filter(|(stream, event)| {
            *stream == seen.stream && event.id > seen.entry
        });
        later.filter_map(|(_, event)| event.message.clone()).collect()
    }

    /// Returns the last entry of a stream that may still grow.
    pub fn last(&self, stream: StreamId) -> EventId {
        let entry = self.last.get(&stream).copied().unwrap_or_default();
        EventId { stream, entry }
    }

    /// Forgets a stream that will not grow.
    pub fn close(&mut self, stream: StreamId) {
        self.last.remove(&stream);
    }

    /// Returns whether all events after an event are kept: the event is in the log,
    /// or it was evicted, but nothing after it.
    pub fn is_known(&self, seen: EventId) -> bool {
        let EventId { stream, entry } = seen;
        let place = self.log.binary_search_by_key(&entry, |(_, event)| event.id);
        if place.is_ok_and(|at| self.log[at].0 == stream) {
            return true;
        }
        let follows = |(of, event): &(StreamId, Event)| {
            *of == stream
                && event.kind != EntryKind::Opening
                && event.previous == entry
        };
        self.last.get(&stream) == Some(&entry) || self.log.iter().any(follows)
    }

    /// Returns whether the stream of an event has a message after it.
    pub fn has_message_after(&self, seen: EventId) -> bool {
        let start = self.log.partition_point(|(_, event)| event.id <= seen.entry);
        let mut later = self.log.range(start..);
        later.any(|(of, event)| *of == seen.stream && event.message.is_some())
    }

    /// Reads a page of a stream after an entry.
    pub fn page(
        &self,
        stream: StreamId,
        after: EntryId,
        read_at: ReaderLocation,
    ) -> LogPage {
        let (count, bytes) = PAGE;
        let start = self.log.partition_point(|(_, event)| event.id <= after);
        let more = self.log.len() - start > count;
        let mut page = LogPage { events: Vec::new(), last: after, more, read_at };
        let mut taken = 0;
        for (of, event) in self.log.range(start..).take(count) {
            if *of == stream {
                if taken > 0 && taken + size(event) > bytes {
                    page.more = true;
                    break;
                }
                taken += size(event);
                page.events.push(event.clone());
            }
            page.last = event.id;
        }
        page
    }
}

fn size(event: &Event) -> usize {
    event.message.as_ref().map_or(0, |message| message.get().len())
}
