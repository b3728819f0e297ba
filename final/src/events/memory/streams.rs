//! The streams of one session.

use std::collections::{HashMap, VecDeque};
use std::mem;

use super::entries::Entries;
use crate::events::id::{AttemptId, EntryId, EventId, StreamId, StreamKind};
use crate::events::log::{
    CallRegistration, EntryKind, GetStreamLease, LogPage, QUEUE, ReaderLocation,
    Resumption, Runner, WITHDRAWN,
};
use crate::protocol::RawJson;
use crate::protocol::jsonrpc::RequestId;
use crate::sessions::{NodeId, Timestamp};

/// All streams of a session, and their entries.
#[derive(Default)]
pub(super) struct SessionStreams {
    /// The number of streams that were ever opened.
    opened: u64,
    get_stream: Option<GetStream>,
    /// The number of leases of GET streams that were ever given.
    leases: u64,
    /// Running calls.
    running: HashMap<StreamId, Running>,
    /// Attempts that were withdrawn before they reached the log.
    withdrawn: VecDeque<AttemptId>,
    pub entries: Entries,
    /// Messages that wait for a GET stream.
    queue: VecDeque<RawJson>,
}

#[derive(Clone, Copy)]
struct GetStream {
    id: StreamId,
    /// The number of the lease, while a reader has it.
    lease: Option<u64>,
    /// The last entry that was read.
    read: EntryId,
}

struct Running {
    call: RequestId,
    attempt: AttemptId,
    /// The last batch that was appended.
    batch: u64,
}

impl SessionStreams {
    fn open(&mut self, kind: StreamKind, now: Timestamp) -> EventId {
        self.opened += 1;
        let stream = StreamId { kind, number: self.opened };
        let entry = self.entries.append(stream, EntryKind::Opening, None, now);
        EventId { stream, entry }
    }

    /// Opens the stream of a call on `node`, unless another attempt runs a call
    /// with the same id.
    pub fn open_call(
        &mut self,
        call: RequestId,
        attempt: AttemptId,
        node: &NodeId,
        now: Timestamp,
    ) -> CallRegistration {
        if self.withdrawn.contains(&attempt) {
            return CallRegistration::Withdrawn;
        }
        let mut running = self.running.iter();
        if let Some((&stream, other)) = running.find(|(_, it)| it.call == call) {
            if other.attempt == attempt {
                return CallRegistration::New(self.entries.last(stream));
            }
            let attempt = other.attempt.clone();
            let runner = Runner { node: node.clone(), call, attempt };
            return CallRegistration::RunningElsewhere(stream, runner);
        }
        let opened = self.open(StreamKind::Call, now);
        self.running.insert(opened.stream, Running { call, attempt, batch: 0 });
        CallRegistration::New(opened)
    }

    /// Ends the stream of an attempt; returns `false` if there is none.
    pub fn withdraw_call(&mut self, attempt: &AttemptId, now: Timestamp) -> bool {
        let mut running = self.running.iter();
        let stream = running.find(|(_, it)| it.attempt == *attempt);
        if let Some((&stream, _)) = stream {
            return self.finish_call(stream, attempt, None, now);
        }
        if !self.withdrawn.contains(attempt) {
            self.withdrawn.push_back(attempt.clone());
            self.withdrawn.drain(..self.withdrawn.len().saturating_sub(WITHDRAWN));
        }
        false
    }

    /// Appends messages to the stream of an attempt, unless the batch was appended
    /// before; returns `false` if the stream does not belong to the attempt.
    pub fn append_batch(
        &mut self,
        stream: StreamId,
        attempt: &AttemptId,
        batch: u64,
        messages: &[RawJson],
        now: Timestamp,
    ) -> bool {
        let running = self.running.get_mut(&stream);
        let Some(running) = running.filter(|it| it.attempt == *attempt) else {
            return false;
        };
        if running.batch < batch {
            running.batch = batch;
            self.entries.append_messages(stream, messages.iter().cloned(), now);
        }
        true
    }

    /// Ends the stream of an attempt; returns `false` if the stream does not belong
    /// to the attempt.
    pub fn finish_call(
        &mut self,
        stream: StreamId,
        attempt: &AttemptId,
        answer: Option<&RawJson>,
        now: Timestamp,
    ) -> bool {
        let running = self.running.get(&stream);
        if running.is_none_or(|running| running.attempt != *attempt) {
            return false;
        }
        self.running.remove(&stream);
        self.entries.append(stream, EntryKind::End, answer.cloned(), now);
        true
    }

    /// Opens a GET stream. Messages that were sent on the older one and never read
    /// are sent on the new one.
    pub fn open_get_stream(&mut self, now: Timestamp) -> GetStreamLease {
        let mut unread = Vec::new();
        if let Some(GetStream { id: stream, read: entry, .. }) = self.get_stream {
            unread = self.entries.messages_after(EventId { stream, entry });
            self.entries.close(stream);
        }
        let opening = self.open(StreamKind::Get, now);
        self.entries.append_messages(opening.stream, unread, now);
        let number = self.lease(opening.stream, opening.entry, now);
        GetStreamLease { opening, number }
    }

    /// Gives a lease of the GET stream, and appends the messages that waited for
    /// one.
    fn lease(&mut self, id: StreamId, read: EntryId, now: Timestamp) -> u64 {
        self.leases += 1;
        self.get_stream = Some(GetStream { id, lease: Some(self.leases), read });
        let waiting = mem::take(&mut self.queue);
        self.entries.append_messages(id, waiting, now);
        self.leases
    }

    /// Releases the GET stream, unless there is a newer lease.
    pub fn close_get_stream(&mut self, lease: u64) {
        let current = self.get_stream.as_mut();
        if let Some(current) = current.filter(|it| it.lease == Some(lease)) {
            current.lease = None;
        }
    }

    /// Sends a message on the GET stream, or keeps it for the next one.
    pub fn send(&mut self, message: RawJson, now: Timestamp) {
        if let Some(GetStream { id, lease: Some(_), .. }) = self.get_stream {
            self.entries.append(id, EntryKind::Message, Some(message), now);
        } else if self.queue.iter().all(|other| other.get() != message.get()) {
            self.queue.push_back(message);
            self.queue.drain(..self.queue.len().saturating_sub(QUEUE));
        }
    }

    /// Resumes a stream after an event.
    pub fn resume(&mut self, seen: EventId, now: Timestamp) -> Resumption {
        if !self.entries.is_known(seen) {
            return Resumption::Unknown;
        }
        let stream = seen.stream;
        match (stream.kind, self.get_stream) {
            (StreamKind::Get, Some(current)) if current.id == stream => {
                Resumption::GetStream(self.lease(stream, current.read, now))
            }
            (StreamKind::Get, _) => Resumption::Replaced,
            (StreamKind::Call, _) if self.running.contains_key(&stream) => {
                Resumption::Call(None)
            }
            (StreamKind::Call, _) if self.entries.has_message_after(seen) => {
                Resumption::Call(None)
            }
            (StreamKind::Call, _) => Resumption::Over,
        }
    }

    /// Reads a page of a stream, after an entry.
    pub fn read(&mut self, stream: StreamId, after: EntryId) -> LogPage {
        let page = self.entries.page(stream, after, self.read_at(stream));
        let current = self.get_stream.as_mut();
        if let Some(current) = current.filter(|it| it.is_held_as(stream)) {
            current.read = page.last;
        }
        page
    }

    fn read_at(&self, stream: StreamId) -> ReaderLocation {
        match self.get_stream {
            Some(current) if current.is_held_as(stream) => ReaderLocation::ThisNode,
            Some(current) if current.id.replaces(stream) => {
                ReaderLocation::Replaced
            }
            _ if self.running.contains_key(&stream) => ReaderLocation::ThisNode,
            _ => ReaderLocation::Closed,
        }
    }
}

impl GetStream {
    fn is_held_as(&self, stream: StreamId) -> bool {
        self.id == stream && self.lease.is_some()
    }
}
