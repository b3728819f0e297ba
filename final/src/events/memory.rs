//! The event log in the memory of one node.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use async_trait::async_trait;

use super::id::{AttemptId, EntryId, EventId, StreamId, StreamKind};
use super::log::{
    CallRegistration, EntryKind, Event, EventLog, GetStreamLease, LogBounds,
    LogPage, PAGE, QUEUE, ReaderLocation, Resumption, Runner, WITHDRAWN,
};
use crate::protocol::RawJson;
use crate::protocol::jsonrpc::RequestId;
use crate::sessions::clock::millis;
use crate::sessions::store::Result;
use crate::sessions::{MemoryStore, NodeId, SessionId, Timestamp};

/// An [`EventLog`] for a single node. It is kept with the sessions, and so goes
/// with them.
pub struct MemoryLog {
    store: Arc<MemoryStore>,
    node: NodeId,
    bounds: LogBounds,
}

/// The streams of one session.
#[derive(Default)]
struct Streams {
    /// How many there ever were.
    opened: u64,
    /// The GET stream, and the number of its hold if it is held.
    listener: Option<(StreamId, Option<u64>)>,
    /// How often it ever was held.
    holds: u64,
    /// How far the GET stream was read.
    read: EntryId,
    /// Running calls.
    running: HashMap<StreamId, Running>,
    /// Attempts that were withdrawn before they arrived.
    withdrawn: VecDeque<AttemptId>,
    log: VecDeque<(StreamId, Event)>,
    /// Of all messages in the log.
    bytes: usize,
    newest: EntryId,
    /// The last entry of each stream that may still grow.
    last: HashMap<StreamId, EntryId>,
    /// What waits for a GET stream.
    queue: VecDeque<RawJson>,
}

struct Running {
    call: RequestId,
    attempt: AttemptId,
    /// The last batch that was appended.
    batch: u64,
}

impl MemoryLog {
    /// The log of the sessions in `store`. `node` is this node.
    pub fn new(store: Arc<MemoryStore>, node: NodeId, bounds: LogBounds) -> Self {
        Self { store, node, bounds }
    }

    /// Visits the streams of a session, if there is such a session.
    fn visit<T>(
        &self,
        session: &SessionId,
        visit: impl FnOnce(&mut Streams, Timestamp) -> T,
    ) -> Option<T> {
        self.store.attached(session, visit)
    }

    /// The same, as activity of the session.
    fn work<T>(
        &self,
        session: &SessionId,
        work: impl FnOnce(&mut Streams, Timestamp) -> T,
    ) -> Option<T> {
        self.store.postpone(session).then(|| self.visit(session, work)).flatten()
    }
}

impl Streams {
    fn open(
        &mut self,
        kind: StreamKind,
        now: Timestamp,
        log: &LogBounds,
    ) -> EventId {
        self.opened += 1;
        let stream = StreamId { kind, number: self.opened };
        let entry = self.append(stream, EntryKind::Opening, None, now, log);
        EventId { stream, entry }
    }

    fn append(
        &mut self,
        stream: StreamId,
        kind: EntryKind,
        message: Option<RawJson>,
        now: Timestamp,
        bounds: &LogBounds,
    ) -> EntryId {
        let next =
            EntryId { time: self.newest.time, number: self.newest.number + 1 };
        let id = next.max(EntryId { time: now.0, number: 0 });
        self.newest = id;
        self.bytes += size(message.as_ref());
        let previous = match kind {
            EntryKind::End => self.last.remove(&stream),
            _ => self.last.insert(stream, id),
        };
        let previous = previous.unwrap_or_default();
        self.log.push_back((stream, Event { id, previous, kind, message }));
        self.evict(now, bounds);
        id
    }

    fn evict(&mut self, now: Timestamp, bounds: &LogBounds) {
        let oldest_time = now.0.saturating_sub(millis(bounds.age));
        while self.log.len() > 1
            && let Some((_, oldest)) = self.log.front()
            && (self.log.len() > bounds.entries
                || self.bytes > bounds.bytes
                || oldest.id.time < oldest_time)
        {
            self.bytes -= size(oldest.message.as_ref());
            self.log.pop_front();
        }
    }

    /// Opens the stream of a call on `node`, unless its id is taken.
    fn open_call(
        &mut self,
        (call, attempt): (&RequestId, &AttemptId),
        node: &NodeId,
        now: Timestamp,
        log: &LogBounds,
    ) -> CallRegistration {
        if self.withdrawn.contains(attempt) {
            return CallRegistration::Withdrawn;
        }
        let mut running = self.running.iter();
        if let Some((&stream, other)) = running.find(|(_, it)| it.call == *call) {
            let node = node.clone();
            let call = call.clone();
            let runner = Runner { node, call, attempt: other.attempt.clone() };
            let entry = self.last.get(&stream).copied().unwrap_or_default();
            return match runner.attempt == *attempt {
                true => CallRegistration::New(EventId { stream, entry }),
                false => CallRegistration::RunningElsewhere(stream, runner),
            };
        }
        let opened = self.open(StreamKind::Call, now, log);
        let call = call.clone();
        let attempt = attempt.clone();
        self.running.insert(opened.stream, Running { call, attempt, batch: 0 });
        CallRegistration::New(opened)
    }

    /// Ends the stream of an attempt, if there is one.
    fn withdraw_call(
        &mut self,
        attempt: &AttemptId,
        now: Timestamp,
        log: &LogBounds,
    ) -> bool {
        let mut running = self.running.iter();
        let stream = running.find(|(_, it)| it.attempt == *attempt);
        if let Some((&stream, _)) = stream {
            return self.finish(stream, attempt, None, now, log);
        }
        if !self.withdrawn.contains(attempt) {
            self.withdrawn.push_back(attempt.clone());
            self.withdrawn.drain(..self.withdrawn.len().saturating_sub(WITHDRAWN));
        }
        false
    }

    fn finish(
        &mut self,
        stream: StreamId,
        attempt: &AttemptId,
        answer: Option<&RawJson>,
        now: Timestamp,
        log: &LogBounds,
    ) -> bool {
        let running = self.running.get(&stream);
        if running.is_none_or(|running| running.attempt != *attempt) {
            return false;
        }
        self.running.remove(&stream);
        self.append(stream, EntryKind::End, answer.cloned(), now, log);
        true
    }

    /// The GET stream is held now; what waited for one is said on it.
    fn listen(
        &mut self,
        stream: StreamId,
        now: Timestamp,
        bounds: &LogBounds,
    ) -> u64 {
        self.holds += 1;
        self.listener = Some((stream, Some(self.holds)));
        for message in std::mem::take(&mut self.queue) {
            self.append(stream, EntryKind::Message, Some(message), now, bounds);
        }
        self.holds
    }

    /// A new GET stream; what was said on the older one and never read is said on
    /// it.
    fn open_get_stream(
        &mut self,
        now: Timestamp,
        bounds: &LogBounds,
    ) -> GetStreamLease {
        let old = self.listener.map(|(old, _)| old);
        let unread = self
            .log
            .iter()
            .filter(|(stream, event)| Some(*stream) == old && event.id > self.read);
        let unread: Vec<RawJson> =
            unread.filter_map(|(_, event)| event.message.clone()).collect();
        if let Some(old) = old {
            self.last.remove(&old);
        }
        let opening = self.open(StreamKind::Listener, now, bounds);
        for message in unread.into_iter().map(Some) {
            self.append(opening.stream, EntryKind::Message, message, now, bounds);
        }
        self.read = opening.entry;
        GetStreamLease { opening, hold: self.listen(opening.stream, now, bounds) }
    }

    fn send(&mut self, message: RawJson, now: Timestamp, bounds: &LogBounds) {
        if let Some((stream, Some(_))) = self.listener {
            self.append(stream, EntryKind::Message, Some(message), now, bounds);
        } else if self.queue.iter().all(|other| other.get() != message.get()) {
            self.queue.push_back(message);
            self.queue.drain(..self.queue.len().saturating_sub(QUEUE));
        }
    }

    fn resume(
        &mut self,
        seen: EventId,
        now: Timestamp,
        bounds: &LogBounds,
    ) -> Resumption {
        self.evict(now, bounds);
        let EventId { stream, entry } = seen;
        let place = self.log.binary_search_by_key(&entry, |(_, event)| event.id);
        let found = place.is_ok_and(|at| self.log[at].0 == stream);
        if !found && !self.is_next_to_what_is_kept(seen) {
            return Resumption::Unknown;
        }
        match stream.kind {
            StreamKind::Listener => match self.listener {
                Some((current, _)) if current == stream => {
                    Resumption::Listener(self.listen(stream, now, bounds))
                }
                _ => Resumption::Replaced,
            },
            StreamKind::Call if self.running.contains_key(&stream) => {
                Resumption::Call(None)
            }
            StreamKind::Call => {
                let start =
                    self.log.partition_point(|(_, event)| event.id <= entry);
                let mut later = self.log.range(start..);
                let tells = |(of, event): &(StreamId, Event)| {
                    *of == stream && event.message.is_some()
                };
                if later.any(tells) {
                    Resumption::Call(None)
                } else {
                    Resumption::Over
                }
            }
        }
    }

    /// An entry may have been evicted and nothing after it: then nothing is missed.
    fn is_next_to_what_is_kept(&self, seen: EventId) -> bool {
        let EventId { stream, entry } = seen;
        let follows = |(of, event): &(StreamId, Event)| {
            *of == stream
                && event.kind != EntryKind::Opening
                && event.previous == entry
        };
        self.last.get(&stream) == Some(&entry) || self.log.iter().any(follows)
    }

    fn read(&mut self, stream: StreamId, after: EntryId) -> LogPage {
        let start = self.log.partition_point(|(_, event)| event.id <= after);
        let listens = matches!(self.listener, Some((g, Some(_))) if g == stream);
        let is_read = listens || self.running.contains_key(&stream);
        let is_replaced = self.listener.is_some_and(|(g, _)| g.replaces(stream));
        let nowhere = if is_replaced {
            ReaderLocation::Replaced
        } else {
            ReaderLocation::Closed
        };
        let mut page = LogPage {
            events: Vec::new(),
            last: after,
            more: self.log.len() - start > PAGE.0,
            read_at: if is_read { ReaderLocation::Here } else { nowhere },
        };
        let mut bytes = 0;
        for (of, event) in self.log.range(start..).take(PAGE.0) {
            if *of == stream {
                let size = size(event.message.as_ref());
                if bytes > 0 && bytes + size > PAGE.1 {
                    page.more = true;
                    break;
                }
                bytes += size;
                page.events.push(event.clone());
            }
            page.last = event.id;
        }
        if listens {
            self.read = page.last;
        }
        page
    }
}

fn size(message: Option<&RawJson>) -> usize {
    message.map_or(0, |message| message.get().len())
}

#[async_trait]
impl EventLog for MemoryLog {
    async fn open_call(
        &self,
        session: &SessionId,
        call: &RequestId,
        attempt: &AttemptId,
    ) -> Result<Option<CallRegistration>> {
        Ok(self.work(session, |streams, now| {
            streams.open_call((call, attempt), &self.node, now, &self.bounds)
        }))
    }

    async fn withdraw_call(
        &self,
        session: &SessionId,
        _: &RequestId,
        attempt: &AttemptId,
    ) -> Result<bool> {
        let withdrawn = self.work(session, |streams, now| {
            streams.withdraw_call(attempt, now, &self.bounds)
        });
        Ok(withdrawn == Some(true))
    }

    async fn open_get_stream(
        &self,
        session: &SessionId,
    ) -> Result<Option<GetStreamLease>> {
        Ok(self.work(session, |streams, now| {
            streams.open_get_stream(now, &self.bounds)
        }))
    }

    async fn close_get_stream(&self, session: &SessionId, hold: u64) -> Result<()> {
        self.visit(session, |streams, _| match &mut streams.listener {
            Some((_, held)) if *held == Some(hold) => *held = None,
            _ => {}
        });
        Ok(())
    }

    async fn append_events(
        &self,
        session: &SessionId,
        stream: StreamId,
        attempt: &AttemptId,
        batch: u64,
        messages: &[RawJson],
    ) -> Result<bool> {
        let appended = self.work(session, |streams, now| {
            let running = streams.running.get_mut(&stream);
            let Some(running) = running.filter(|it| it.attempt == *attempt) else {
                return false;
            };
            if running.batch < batch {
                running.batch = batch;
                for message in messages.iter().cloned().map(Some) {
                    let kind = EntryKind::Message;
                    streams.append(stream, kind, message, now, &self.bounds);
                }
            }
            true
        });
        Ok(appended == Some(true))
    }

    async fn finish_call(
        &self,
        session: &SessionId,
        stream: StreamId,
        attempt: &AttemptId,
        answer: Option<&RawJson>,
    ) -> Result<bool> {
        let finished = self.work(session, |streams, now| {
            streams.finish(stream, attempt, answer, now, &self.bounds)
        });
        Ok(finished == Some(true))
    }

    async fn send_to_get_stream(
        &self,
        session: &SessionId,
        uri: Option<&str>,
        message: &RawJson,
    ) -> Result<bool> {
        if uri.is_some_and(|uri| !self.store.is_subscribed(session, uri)) {
            return Ok(false);
        }
        let sent = self.visit(session, |streams, now| {
            streams.send(message.clone(), now, &self.bounds);
        });
        Ok(sent.is_some())
    }

    async fn resume_stream(
        &self,
        session: &SessionId,
        seen: EventId,
    ) -> Result<Option<Resumption>> {
        Ok(self
            .work(session, |streams, now| streams.resume(seen, now, &self.bounds)))
    }

    async fn read_page(
        &self,
        session: &SessionId,
        stream: StreamId,
        after: EntryId,
    ) -> Result<Option<LogPage>> {
        Ok(self.visit(session, |streams, _| streams.read(stream, after)))
    }
}
