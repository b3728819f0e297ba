//! What every event log promises, asked of each of them.
//!
//! A promise is one function; [`contract!`] runs it once for each storage. Each
//! storage is seen through two nodes. In memory there is only one node, so there
//! both are the same log.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/contract.rs"]
mod contract;
#[path = "support/redis_server.rs"]
mod redis_server;

use std::collections::HashSet;
use std::time::Duration;

use contract::{
    ACTIVE, Deployment, Logs, Memory, PASSIVE, Redis, START, Talk, URI, attempt,
    audited, ids, number, record_key, said, texts,
};
use futures_util::future::{join, join_all};
use mcp_server::events::EntryKind::{End, Message, Opening};
use mcp_server::events::log::{PAGE, QUEUE, WITHDRAWN};
use mcp_server::events::{
    AttemptId, CallRegistration, EntryId, EventId, GetStreamLease, LogBounds,
    ReaderLocation, Resumption, Runner, StreamId, StreamKind,
};
use mcp_server::protocol::jsonrpc::RequestId;
use mcp_server::protocol::to_raw;
use proptest::prelude::*;

/// Names each promise once and makes a test of it for every storage.
macro_rules! contract {
    ($($promise:ident)*) => {
        mod memory {
            use super::{Deployment, Memory};
            $(
                #[tokio::test(start_paused = true)]
                async fn $promise() {
                    super::$promise(Memory::start().await).await;
                }
            )*
        }
        mod redis {
            use super::{Deployment, Redis};
            $(
                #[tokio::test]
                async fn $promise() {
                    super::$promise(Redis::start().await).await;
                }
            )*
        }
    };
}

contract! {
    a_stream_is_read_in_order_and_strictly_after_any_entry
    a_long_stream_is_read_page_by_page
    a_page_has_so_many_bytes_or_a_single_message
    no_id_is_given_twice_in_a_session
    nothing_of_another_session_is_read_or_resumed
    a_batch_that_is_sent_twice_is_appended_once
    a_call_that_is_opened_twice_has_one_stream
    a_call_is_finished_once_and_only_by_its_own_attempt
    a_stream_belongs_to_one_attempt_at_its_call
    an_attempt_that_was_withdrawn_holds_no_id
    an_attempt_that_was_withdrawn_before_it_arrives_opens_nothing
    only_so_many_withdrawn_attempts_are_remembered
    a_stream_without_an_answer_is_over_after_its_last_message
    an_answer_that_nobody_heard_is_found_on_the_other_node
    a_running_call_goes_on_on_the_other_node
    nothing_comes_after_the_end
    an_event_that_was_not_said_on_the_stream_is_unknown
    a_get_stream_is_replaced_by_a_newer_one
    the_answer_of_a_call_that_was_silent_for_long_is_found
    too_many_entries_drive_out_the_oldest
    too_many_bytes_drive_out_the_oldest_but_not_the_newest
    old_entries_are_driven_out_but_not_the_newest
    a_quiet_stream_goes_on_after_its_last_event_was_evicted
    a_message_waits_once_while_no_get_stream_is_open
    a_message_waits_again_when_the_get_stream_was_closed
    a_message_that_was_not_read_is_said_before_what_waited
    only_so_many_messages_wait
    only_a_subscriber_is_told
    to_be_told_something_is_not_activity
    an_unknown_session_has_no_log
    an_ended_session_leaves_nothing
    an_expired_session_takes_its_log_along
}

/// D006, L059. What is said on another stream meanwhile is not to be seen.
async fn a_stream_is_read_in_order_and_strictly_after_any_entry(all: impl Logs) {
    let talk = Talk::start(&all).await;
    let (one, other) = (talk.open(0, 1).await, talk.open(0, 2).await);
    assert!(talk.append(one.stream, 1, &["a", "b\n{\"ü\"}"]).await);
    assert!(talk.append(other.stream, 1, &["not this"]).await);
    assert!(talk.append(one.stream, 2, &["c"]).await);
    assert!(talk.finish(one.stream, Some("d")).await);
    assert!(talk.append(other.stream, 2, &["nor this"]).await);

    let events = talk.read(1, one.stream, START).await;
    assert_eq!(said(&events), ["a", "b\n{\"ü\"}", "c", "d"]);
    let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [Opening, Message, Message, Message, End]);
    assert_eq!((events[0].id, events[0].previous), (one.entry, START));
    for pair in events.windows(2) {
        assert!(pair[0].id < pair[1].id);
        assert_eq!(pair[1].previous, pair[0].id, "a reader sees no gap");
    }
    for (n, seen) in events.iter().enumerate() {
        let rest = talk.read(n % 2, one.stream, seen.id).await;
        assert_eq!(ids(&rest), ids(&events[n + 1..]));
    }
    assert_eq!(talk.read_at(1, one.stream).await, ReaderLocation::Closed);
}

async fn a_long_stream_is_read_page_by_page(all: impl Logs) {
    let talk = Talk::start(&all).await;
    let (long, late) = (talk.open(0, 1).await, talk.open(0, 2).await);
    let messages = texts(2 * PAGE.0 + 10);
    let own = attempt();
    let append =
        talk.logs[0].append_events(&talk.id, long.stream, &own, 1, &messages);
    assert!(append.await.unwrap());
    assert!(talk.append(late.stream, 1, &["at last"]).await);

    let page = talk.page(1, long.stream, long.entry).await;
    assert!(page.more);
    assert!(page.events.len() <= PAGE.0);
    assert_eq!(page.last, page.events.last().unwrap().id);
    let expected: Vec<_> = (0..2 * PAGE.0 + 10).map(|n| n.to_string()).collect();
    assert_eq!(talk.heard(1, long).await, expected);

    // What is said elsewhere is looked at as well, and is not the end.
    let page = talk.page(1, late.stream, late.entry).await;
    assert!(page.events.is_empty() && page.more);
    assert_eq!(talk.heard(1, late).await, ["at last"]);
}

async fn a_page_has_so_many_bytes_or_a_single_message(all: impl Logs) {
    let talk = Talk::start(&all).await;
    let opening = talk.open(0, 1).await;
    let (third, large) = ("x".repeat(PAGE.1 / 3), "x".repeat(PAGE.1 + 1));
    let messages = [&*third, &third, &third, &large, "end"];
    assert!(talk.append(opening.stream, 1, &messages).await);

    let (mut after, mut pages) = (opening.entry, Vec::new());
    loop {
        let page = talk.page(1, opening.stream, after).await;
        assert!(page.last > after, "it gets on");
        after = page.last;
        pages.push(page.events.len());
        if !page.more {
            break;
        }
    }
    // In quotes, three thirds are a little too much.
    assert_eq!(pages, [2, 1, 1, 1]);
    assert_eq!(talk.heard(1, opening).await, messages);
}

/// D003, L056.
async fn no_id_is_given_twice_in_a_session(all: impl Logs) {
    let talk = Talk::start(&all).await;
    let calls = (0..20).map(async |n| {
        let (node, call) = (n % 2, n as u64);
        let opening = talk.open(node, call).await;
        let (log, own, texts) = (&talk.logs[node], attempt(), texts(5));
        let append = log.append_events(&talk.id, opening.stream, &own, 1, &texts);
        assert!(append.await.unwrap());
        opening.stream
    });
    let listens = (0..5).map(async |n| {
        let opening = talk.listen(n % 2).await;
        assert!(talk.send(n % 2, "changed").await);
        opening.stream
    });
    let (calls, listens) = join(join_all(calls), join_all(listens)).await;

    let streams: Vec<_> = calls.into_iter().chain(listens).collect();
    let numbers: HashSet<_> = streams.iter().map(|stream| stream.number).collect();
    assert_eq!(numbers.len(), 25);
    let mut entries = Vec::new();
    for stream in streams {
        entries.extend(ids(&talk.read(0, stream, START).await));
    }
    // More, if a message was not read before the next stream took over.
    assert!(entries.len() >= 20 * 6 + 5 + 5, "{}", entries.len());
    assert_eq!(entries.iter().collect::<HashSet<_>>().len(), entries.len());
}

/// D004. Its streams and calls may well have the same names.
async fn nothing_of_another_session_is_read_or_resumed(all: impl Logs) {
    let (theirs, ours) = (Talk::start(&all).await, Talk::start(&all).await);
    let (stranger, opening) = (theirs.open(1, 1).await, ours.open(0, 1).await);
    assert_eq!(stranger.stream, opening.stream);
    ours.say(opening.stream, 1, "a").await;
    let secret = ours.say(opening.stream, 2, "secret").await;

    assert_eq!(theirs.resume(1, secret).await, Resumption::Unknown);
    assert!(theirs.heard(1, stranger).await.is_empty());
    assert!(ours.send(0, "for us").await);
    let listener = theirs.listen(1).await;
    assert!(theirs.heard(1, listener).await.is_empty());
}

/// Storage did not confirm it, and the node cannot know whether it happened.
async fn a_batch_that_is_sent_twice_is_appended_once(all: impl Logs) {
    let talk = Talk::start(&all).await;
    let opening = talk.open(0, 1).await;
    for (batch, text) in
        [(1, "a"), (1, "a"), (2, "b"), (3, "b"), (3, "b"), (2, "b")]
    {
        assert!(talk.append(opening.stream, batch, &[text]).await);
    }
    assert_eq!(talk.heard(0, opening).await, ["a", "b", "b"]);
}

/// An attempt that was not confirmed is made again. `1` is not `"1"`.
async fn a_call_that_is_opened_twice_has_one_stream(all: impl Logs) {
    let (talk, other) = (Talk::start(&all).await, Talk::start(&all).await);
    let first = talk.open(0, 1).await;
    assert_eq!(talk.open(0, 1).await, first);
    assert_eq!(talk.read(0, first.stream, START).await.len(), 1);

    let text = RequestId::String("1".to_owned());
    let opened = talk.try_open(1, &text, "attempt").await;
    let Some(CallRegistration::New(second)) = opened else { panic!("{opened:?}") };
    assert_ne!(second.stream, first.stream);
    other.open(1, 1).await;

    assert!(talk.finish(first.stream, None).await);
    assert_ne!(talk.open(1, 1).await.stream, first.stream);
}

/// Another node finishes it if it takes the runner for dead. Whoever is late, or
/// means another attempt, stays silent.
async fn a_call_is_finished_once_and_only_by_its_own_attempt(all: impl Logs) {
    let talk = Talk::start(&all).await;
    let opening = talk.open(0, 1).await;
    let stream = opening.stream;
    for node in [0, 1] {
        assert!(!talk.finish_at(node, stream, "another", Some("wrong")).await);
    }
    assert!(talk.finish_at(1, stream, "attempt", Some("lost")).await);

    assert!(!talk.append(stream, 1, &["late"]).await);
    assert!(!talk.finish(stream, Some("late")).await);
    assert_eq!(talk.heard(0, opening).await, ["lost"]);
    let never = StreamId { kind: StreamKind::Call, number: 99 };
    assert!(!talk.append(never, 1, &["never"]).await);
    assert!(!talk.finish(never, None).await);
}

/// D008. The same node has begun both: the id of a call does not tell them apart.
async fn a_stream_belongs_to_one_attempt_at_its_call(all: impl Logs) {
    let talk = Talk::start(&all).await;
    let first = talk.open(0, 1).await;
    let Some(CallRegistration::RunningElsewhere(stream, runner)) =
        talk.try_open(0, &number(1), "second").await
    else {
        panic!("the id is free");
    };
    assert_eq!((stream, runner.attempt), (first.stream, attempt()));
    let (second, wrong) = (AttemptId::named("second"), texts(1));
    let append =
        talk.logs[0].append_events(&talk.id, first.stream, &second, 1, &wrong);
    assert!(!append.await.unwrap());
    assert!(!talk.finish_at(0, first.stream, "second", Some("wrong")).await);
    assert!(!talk.withdraw(0, 1, "another").await);
    assert!(talk.append(first.stream, 1, &["a"]).await);
    assert!(talk.finish(first.stream, Some("b")).await);
    assert_eq!(talk.heard(0, first).await, ["a", "b"]);

    let opened = talk.try_open(0, &number(1), "second").await;
    let Some(CallRegistration::New(second)) = opened else { panic!("{opened:?}") };
    // What the first attempt sends late is not for the second one.
    assert!(!talk.append(second.stream, 2, &["late"]).await);
    assert!(!talk.finish(second.stream, Some("late")).await);
    assert!(talk.finish_at(0, second.stream, "second", Some("c")).await);
    assert_eq!(talk.heard(0, second).await, ["c"]);
}

async fn an_attempt_that_was_withdrawn_holds_no_id(all: impl Logs) {
    let talk = Talk::start(&all).await;
    let first = talk.open(0, 1).await;
    assert!(talk.withdraw(0, 1, "attempt").await);
    assert!(!talk.withdraw(0, 1, "attempt").await, "it is sent twice");
    assert!(!talk.append(first.stream, 1, &["late"]).await);
    let opened = talk.try_open(1, &number(1), "second").await;
    assert!(matches!(opened, Some(CallRegistration::New(_))), "{opened:?}");
}

/// A command may be on its way while a later one has arrived.
async fn an_attempt_that_was_withdrawn_before_it_arrives_opens_nothing(
    all: impl Logs,
) {
    let talk = Talk::start(&all).await;
    for _ in 0..2 {
        assert!(!talk.withdraw(0, 1, "late").await);
    }
    let late = talk.try_open(0, &number(1), "late").await;
    assert_eq!(late, Some(CallRegistration::Withdrawn));
    let second = talk.open(1, 1).await;
    assert!(!talk.withdraw(0, 1, "late").await);
    assert!(talk.goes_on(0, second).await);
}

async fn only_so_many_withdrawn_attempts_are_remembered(all: impl Logs) {
    let talk = Talk::start(&all).await;
    for n in 0..=WITHDRAWN {
        talk.withdraw(0, 1, &format!("{n:04}")).await;
    }
    let newest = talk.try_open(0, &number(1), &format!("{WITHDRAWN:04}")).await;
    assert_eq!(newest, Some(CallRegistration::Withdrawn));
    let second = talk.try_open(0, &number(1), "0001").await;
    assert_eq!(second, Some(CallRegistration::Withdrawn));
    let oldest = talk.try_open(0, &number(1), "0000").await;
    assert!(matches!(oldest, Some(CallRegistration::New(_))), "{oldest:?}");
}

/// L059, L077: an empty stream would be no answer to a request to resume it.
async fn a_stream_without_an_answer_is_over_after_its_last_message(all: impl Logs) {
    let bounds = LogBounds { entries: 4, ..LogBounds::default() };
    let talk = Talk::bounded(&all, bounds).await;
    let opening = talk.open(0, 1).await;
    let seen = talk.say(opening.stream, 1, "a").await;
    let last = talk.say(opening.stream, 2, "b").await;
    assert!(talk.finish(opening.stream, None).await);
    assert_eq!(talk.resume(1, seen).await, Resumption::Call(None));
    assert_eq!(talk.resume(1, last).await, Resumption::Over);
    let other = talk.open(0, 2).await;
    assert!(talk.append(other.stream, 1, &["c", "d"]).await);
    assert_eq!(talk.resume(1, seen).await, Resumption::Unknown);
    assert_eq!(talk.resume(1, last).await, Resumption::Over, "its end is kept");
    assert!(talk.append(other.stream, 2, &["e"]).await);
    assert_eq!(talk.resume(1, last).await, Resumption::Unknown);
}

/// D005.
async fn an_answer_that_nobody_heard_is_found_on_the_other_node(all: impl Logs) {
    let talk = Talk::start(&all).await;
    let opening = talk.open(0, 1).await;
    let seen = talk.say(opening.stream, 1, "seen").await;
    assert!(talk.append(opening.stream, 2, &["unseen"]).await);
    assert!(talk.finish(opening.stream, Some("answer")).await);

    assert_eq!(talk.resume(1, seen).await, Resumption::Call(None));
    assert_eq!(talk.heard(1, seen).await, ["unseen", "answer"]);
    assert_eq!(talk.read_at(1, opening.stream).await, ReaderLocation::Closed);
}

async fn a_running_call_goes_on_on_the_other_node(all: impl Logs) {
    let talk = Talk::start(&all).await;
    let opening = talk.open(0, 1).await;
    let seen = talk.say(opening.stream, 1, "seen").await;
    assert!(talk.goes_on(1, seen).await);
    assert!(talk.heard(1, seen).await.is_empty());
    assert!(talk.append(opening.stream, 2, &["more"]).await);
    assert_eq!(talk.read_at(1, opening.stream).await, ReaderLocation::ThisNode);
    assert_eq!(talk.heard(1, seen).await, ["more"]);
}

/// L094. A call that was cancelled ends without an answer.
async fn nothing_comes_after_the_end(all: impl Logs) {
    let talk = Talk::start(&all).await;
    for (call, answer) in [(1, Some("answer")), (2, None)] {
        let opening = talk.open(0, call).await;
        assert!(talk.finish(opening.stream, answer).await);
        let events = talk.read(1, opening.stream, opening.entry).await;
        assert_eq!(said(&events), Vec::from_iter(answer));
        let end = EventId { entry: events[0].id, ..opening };
        assert_eq!(talk.resume(1, end).await, Resumption::Over);
        // An end without an answer is nothing that could be sent.
        let rest = answer.map_or(Resumption::Over, |_| Resumption::Call(None));
        assert_eq!(talk.resume(0, opening).await, rest);
    }
}

/// D007, L059.
async fn an_event_that_was_not_said_on_the_stream_is_unknown(all: impl Logs) {
    let talk = Talk::start(&all).await;
    let (one, other) = (talk.open(0, 1).await, talk.open(1, 2).await);
    let StreamId { number, .. } = one.stream;
    let (time, later) = (one.entry.time, other.entry.number + 1000);
    for event in [
        EventId { stream: other.stream, ..one },
        EventId { stream: StreamId { kind: StreamKind::Get, number }, ..one },
        EventId { stream: StreamId { number: 99, ..one.stream }, ..one },
        EventId { entry: EntryId { time, number: later }, ..one },
        EventId { entry: EntryId { time: u64::MAX, number: u64::MAX }, ..one },
        EventId { entry: START, ..one },
    ] {
        assert_eq!(talk.resume(1, event).await, Resumption::Unknown, "{event}");
    }
    assert!(talk.goes_on(1, one).await);
}

/// L055: whatever is said goes to one of them. What was never read goes to the new
/// one: a client that has seen no event could not ask for it (D011).
async fn a_get_stream_is_replaced_by_a_newer_one(all: impl Logs) {
    let talk = Talk::start(&all).await;
    let GetStreamLease { opening: old, number } = talk.lease(0).await;
    assert!(talk.send(1, "read").await);
    assert_eq!(talk.heard(0, old).await, ["read"]);
    assert_eq!(talk.read_at(0, old.stream).await, ReaderLocation::ThisNode);
    assert!(talk.send(1, "unread").await);
    let new = talk.listen(1).await;
    assert!(talk.send(0, "said to the new one").await);

    assert_eq!(talk.heard(1, new).await, ["unread", "said to the new one"]);
    assert_eq!(talk.read_at(0, old.stream).await, ReaderLocation::Replaced);
    assert_eq!(talk.resume(0, old).await, Resumption::Replaced);
    assert!(talk.goes_on(1, new).await);
    // Its reader leaves late, and takes nothing from the new one.
    talk.logs[0].close_get_stream(&talk.id, number).await.unwrap();
    assert_eq!(talk.read_at(1, new.stream).await, ReaderLocation::ThisNode);
}

/// D007. Counted over all streams of the session.
async fn too_many_entries_drive_out_the_oldest(all: impl Logs) {
    let bounds = LogBounds { entries: 4, ..LogBounds::default() };
    let talk = Talk::bounded(&all, bounds).await;
    let one = talk.open(0, 1).await;
    let a = talk.say(one.stream, 1, "a").await;
    let b = talk.say(one.stream, 2, "b").await;
    let c = talk.say(one.stream, 3, "c").await;
    assert!(talk.goes_on(1, one).await);
    let other = talk.open(1, 2).await;
    let d = talk.say(one.stream, 4, "d").await;

    assert_eq!(talk.resume(1, one).await, Resumption::Unknown, "a is missing");
    // It is gone, too, but nothing that came after it.
    assert!(talk.goes_on(1, a).await);
    for kept in [b, c, other, d] {
        assert!(talk.goes_on(1, kept).await);
    }
    // A reader that has seen only the opening sees that something is missing.
    let events = talk.read(0, one.stream, one.entry).await;
    assert_eq!(said(&events), ["b", "c", "d"]);
    assert_eq!(events[0].previous, a.entry);
    assert_eq!(events[1].previous, b.entry);
}

async fn too_many_bytes_drive_out_the_oldest_but_not_the_newest(all: impl Logs) {
    // Two messages of 6 letters, in quotes.
    let bounds = LogBounds { bytes: 16, ..LogBounds::default() };
    let talk = Talk::bounded(&all, bounds).await;
    let opening = talk.open(0, 1).await;
    let large = "x".repeat(100);
    let rounds: [(&str, &[&str]); 6] = [
        ("first.", &["first."]),
        ("second", &["first.", "second"]),
        ("third.", &["second", "third."]),
        (&large, &[&large]),
        ("fourth", &["fourth"]),
        ("fifth.", &["fourth", "fifth."]),
    ];
    let mut last = opening;
    for (batch, (text, kept)) in (1..).zip(rounds) {
        last = talk.say(opening.stream, batch, text).await;
        assert_eq!(said(&talk.read(1, opening.stream, START).await), kept);
    }
    assert_eq!(talk.resume(1, opening).await, Resumption::Unknown);
    assert!(talk.goes_on(1, last).await);
}

async fn old_entries_are_driven_out_but_not_the_newest(all: impl Logs) {
    let age = Duration::from_secs(1);
    let bounds = LogBounds { age, ..LogBounds::default() };
    let talk = Talk::bounded(&all, bounds).await;
    let opening = talk.open(0, 1).await;
    let first = talk.say(opening.stream, 1, "first").await;
    assert!(talk.goes_on(1, opening).await);
    let last = talk.say(opening.stream, 2, "last").await;

    all.pass(age + Duration::from_millis(10)).await;
    assert_eq!(talk.resume(1, opening).await, Resumption::Unknown);
    assert!(talk.goes_on(1, first).await, "the next one is kept");
    assert!(talk.goes_on(1, last).await);
    assert_eq!(said(&talk.read(1, opening.stream, START).await), ["last"]);
}

/// Nothing that was said on it is missing. Where something is, it cannot go on.
async fn a_quiet_stream_goes_on_after_its_last_event_was_evicted(all: impl Logs) {
    let bounds = LogBounds { entries: 2, ..LogBounds::default() };
    let talk = Talk::bounded(&all, bounds).await;
    let (listener, quiet) = (talk.listen(0).await, talk.open(0, 1).await);
    let loud = talk.open(0, 2).await;
    assert!(talk.append(loud.stream, 1, &["a", "b", "c"]).await);
    for seen in [listener, quiet] {
        assert!(talk.read(0, seen.stream, START).await.is_empty());
        assert!(talk.goes_on(1, seen).await);
        let other = EventId { stream: loud.stream, ..seen };
        assert_eq!(talk.resume(1, other).await, Resumption::Unknown);
    }
    assert_eq!(talk.resume(1, loud).await, Resumption::Unknown);
}

/// D005: its opening was evicted when the answer came, and nothing after it.
async fn the_answer_of_a_call_that_was_silent_for_long_is_found(all: impl Logs) {
    let age = Duration::from_secs(1);
    let bounds = LogBounds { age, ..LogBounds::default() };
    let talk = Talk::bounded(&all, bounds).await;
    let opening = talk.open(0, 1).await;
    all.pass(age + Duration::from_millis(10)).await;
    assert!(talk.goes_on(1, opening).await);
    assert!(talk.finish(opening.stream, Some("answer")).await);
    assert_eq!(talk.resume(1, opening).await, Resumption::Call(None));
    assert_eq!(talk.heard(1, opening).await, ["answer"]);
}

/// D011.
async fn a_message_waits_once_while_no_get_stream_is_open(all: impl Logs) {
    let talk = Talk::start(&all).await;
    for (node, text) in [(0, "a"), (1, "b"), (1, "a"), (0, "c"), (0, "c")] {
        assert!(talk.send(node, text).await);
    }
    let opening = talk.listen(1).await;
    assert_eq!(talk.heard(1, opening).await, ["a", "b", "c"]);
    // CallEvent is said: not again on the next one, but a new one of the same text is.
    let next = talk.listen(0).await;
    assert!(talk.heard(0, next).await.is_empty());
    assert!(talk.send(1, "a").await);
    assert_eq!(talk.heard(0, next).await, ["a"]);
}

async fn a_message_waits_again_when_the_get_stream_was_closed(all: impl Logs) {
    let talk = Talk::start(&all).await;
    let GetStreamLease { opening, number } = talk.lease(0).await;
    assert!(talk.send(1, "read").await);
    let events = talk.read(0, opening.stream, opening.entry).await;
    let seen = EventId { entry: events[0].id, ..opening };
    talk.logs[0].close_get_stream(&talk.id, number).await.unwrap();
    assert_eq!(talk.read_at(0, opening.stream).await, ReaderLocation::Closed);
    assert!(talk.send(0, "waits").await && talk.send(1, "waits").await);
    assert!(talk.heard(0, seen).await.is_empty());

    assert!(talk.goes_on(1, seen).await);
    assert_eq!(talk.heard(1, seen).await, ["waits"]);
    assert_eq!(talk.read_at(1, opening.stream).await, ReaderLocation::ThisNode);
    // Nothing was said twice, also not when it is resumed once more (D006).
    assert!(talk.goes_on(0, seen).await);
    assert_eq!(talk.heard(0, opening).await, ["read", "waits"]);
    // The first reader leaves late, and its lease is not the one that counts.
    talk.logs[0].close_get_stream(&talk.id, number).await.unwrap();
    assert_eq!(talk.read_at(0, opening.stream).await, ReaderLocation::ThisNode);
}

/// The client left before it had everything, and comes back without an event id.
/// What was said on the stream of a call belongs to that (L059).
async fn a_message_that_was_not_read_is_said_before_what_waited(all: impl Logs) {
    let talk = Talk::start(&all).await;
    let call = talk.open(0, 1).await;
    let GetStreamLease { opening, number } = talk.lease(0).await;
    assert!(talk.send(0, "read").await);
    assert_eq!(talk.heard(0, opening).await, ["read"]);
    assert!(talk.send(1, "unread").await);
    assert!(talk.append(call.stream, 1, &["of the call"]).await);
    talk.logs[0].close_get_stream(&talk.id, number).await.unwrap();
    assert!(talk.send(0, "waited").await);
    let next = talk.listen(1).await;
    assert_eq!(talk.heard(1, next).await, ["unread", "waited"]);
}

async fn only_so_many_messages_wait(all: impl Logs) {
    let talk = Talk::start(&all).await;
    let texts: Vec<_> = (0..QUEUE + 5).map(|n| n.to_string()).collect();
    for (n, text) in texts.iter().enumerate() {
        assert!(talk.send(n % 2, text).await);
    }
    let opening = talk.listen(0).await;
    assert_eq!(talk.heard(0, opening).await, texts[5..]);
}

async fn only_a_subscriber_is_told(all: impl Logs) {
    let talk = Talk::start(&all).await;
    let opening = talk.listen(0).await;
    let message = to_raw(&"changed");
    for other in ["calculator://stats", "calculator://*", "phase"] {
        assert!(
            !talk.logs[1]
                .send_to_get_stream(&talk.id, Some(other), &message)
                .await
                .unwrap()
        );
    }
    assert!(talk.send(1, "a").await);
    all.node(1).unsubscribe(&talk.id, URI).await.unwrap();
    assert!(!talk.send(0, "b").await);
    assert_eq!(talk.heard(0, opening).await, ["a"]);
}

/// Others may have caused it, and would keep the session for ever.
async fn to_be_told_something_is_not_activity(all: impl Logs) {
    let all = all.with_short_timeout().await;
    let (open, waiting) = (Talk::start(&all).await, Talk::start(&all).await);
    open.listen(0).await;
    let mut n = 0;
    all.until("both sessions expire", async || {
        n += 1;
        let text = n.to_string();
        !open.send(0, &text).await & !waiting.send(1, &text).await
    })
    .await;
    assert!(n > 1, "they were told something");
    for talk in [open, waiting] {
        all.until("its keys expire", async || all.keys(&talk.id).is_empty()).await;
    }
}

/// Nothing of a session can be found or changed, on any node.
async fn assert_gone(all: &impl Logs, talk: &Talk, seen: EventId) {
    let (id, stream, text) = (&talk.id, seen.stream, texts(1));
    let (call, attempt) = (number(9), attempt());
    for log in &talk.logs {
        assert_eq!(log.open_call(id, &call, &attempt).await.unwrap(), None);
        assert!(!log.withdraw_call(id, &call, &attempt).await.unwrap());
        assert_eq!(log.open_get_stream(id).await.unwrap(), None);
        log.close_get_stream(id, 1).await.unwrap();
        assert!(!log.append_events(id, stream, &attempt, 99, &text).await.unwrap());
        assert!(!log.finish_call(id, stream, &attempt, None).await.unwrap());
        assert!(!log.send_to_get_stream(id, Some(URI), &text[0]).await.unwrap());
        assert_eq!(log.resume_stream(id, seen).await.unwrap(), None);
        assert!(log.read_page(id, stream, START).await.unwrap().is_none());
    }
    let loaded = all.node(0).load(id, &talk.session.principal).await;
    assert!(loaded.unwrap().is_none());
    assert_eq!(all.keys(id), "");
}

async fn an_unknown_session_has_no_log(all: impl Logs) {
    let talk = Talk::unknown(&all, LogBounds::default());
    let other = Talk::start(&all).await;
    assert_gone(&all, &talk, other.open(0, 1).await).await;
}

/// Something of every kind, for a session that is about to go.
async fn say_everything(all: &impl Logs, talk: &Talk) -> EventId {
    let (listener, call) = (talk.lease(0).await, talk.open(0, 1).await);
    assert!(talk.append(call.stream, 1, &["a"]).await);
    assert!(talk.goes_on(1, call).await);
    talk.logs[0].close_get_stream(&talk.id, listener.number).await.unwrap();
    assert!(talk.send(1, "waits").await);
    assert!(all.node(0).append_audit(&talk.id, audited(1), 9).await.unwrap());
    call
}

async fn an_ended_session_leaves_nothing(all: impl Logs) {
    let talk = Talk::start(&all).await;
    let seen = say_everything(&all, &talk).await;
    let session = &talk.session;
    let ended = all.node(1).terminate(&session.id, &session.principal).await;
    assert!(ended.unwrap());
    assert_gone(&all, &talk, seen).await;
}

async fn an_expired_session_takes_its_log_along(all: impl Logs) {
    let all = all.with_short_timeout().await;
    let talk = Talk::start(&all).await;
    let seen = say_everything(&all, &talk).await;
    all.idle(&talk.session).await;
    all.until("its keys expire", async || all.keys(&talk.id).is_empty()).await;
    assert_gone(&all, &talk, seen).await;
}

/// What only a shared log can get wrong.
mod on_redis {
    use super::*;

    /// How long Redis needs for one script, at best of a few.
    async fn cost(all: &Redis, mut script: impl AsyncFnMut()) -> f64 {
        let mut best = f64::MAX;
        for _ in 0..10 {
            all.server().run(&["CONFIG", "RESETSTAT"]);
            script().await;
            let stats = all.server().run(&["INFO", "commandstats"]);
            let stat = stats.lines().find(|line| line.contains("_evalsha:"));
            let usec = stat.and_then(|line| line.split("usec_per_call=").nth(1));
            let usec = usec.and_then(|rest| rest.split(',').next()).unwrap();
            best = usec.parse::<f64>().unwrap().min(best);
        }
        best
    }

    /// Whatever a client claims to have seen costs a look-up, and not a search in
    /// all that is kept.
    #[tokio::test]
    async fn a_forged_event_id_costs_no_more_in_a_full_log() {
        let all = Redis::start().await;
        let (talk, full) = (Talk::start(&all).await, Talk::start(&all).await);
        let (short, long) = (talk.open(0, 1).await, full.open(0, 1).await);
        assert!(talk.finish(short.stream, None).await);
        let text = "x".repeat(2000);
        let texts = vec![&*text; 100];
        for batch in 1..=21 {
            assert!(full.append(long.stream, batch, &texts).await);
        }
        assert!(full.finish(long.stream, None).await);
        let entries = [
            EntryId { time: 1, number: 1 },
            EntryId { time: u64::MAX, number: 0 },
            EntryId { number: 999, ..long.entry },
        ];
        for entry in entries {
            for kind in [StreamKind::Call, StreamKind::Get] {
                let stream = StreamId { kind, ..long.stream };
                let forged = EventId { stream, entry };
                let resume = async |talk: &Talk| {
                    assert_eq!(talk.resume(1, forged).await, Resumption::Unknown);
                };
                let little = cost(&all, async || resume(&talk).await).await;
                let much = cost(&all, async || resume(&full).await).await;
                let bound = little + 1000.0;
                assert!(much < bound, "{much} µs, {little} µs: {forged}");
            }
        }
    }

    #[tokio::test]
    async fn all_keys_of_a_session_expire_whatever_is_done() {
        let all = Redis::start().await;
        let (talk, other) = (Talk::start(&all).await, Talk::start(&all).await);
        let count = |left| all.count_keys(&talk.id, left);
        count(ACTIVE);
        // It waits no longer than the session lives, which is not active.
        talk.send(1, "a").await;
        count(PASSIVE);
        let GetStreamLease { opening: listener, number } = talk.lease(0).await;
        count(ACTIVE);
        talk.send(1, "b").await;
        count(PASSIVE);
        talk.logs[0].close_get_stream(&talk.id, number).await.unwrap();
        talk.send(0, "c").await;
        all.node(1).append_audit(&talk.id, audited(1), 9).await.unwrap();
        // The record, streams, the log, what waits, and the audit trail.
        assert_eq!(count(PASSIVE), 5);
        talk.resume(1, listener).await;
        count(ACTIVE);

        // Here it is a call that makes the keys.
        let call = other.open(0, 1).await;
        assert_eq!(all.count_keys(&other.id, ACTIVE), 3);
        other.append(call.stream, 1, &["d"]).await;
        all.count_keys(&other.id, ACTIVE);
        other.resume(1, call).await;
        all.count_keys(&other.id, ACTIVE);
        other.finish(call.stream, Some("e")).await;
        all.count_keys(&other.id, ACTIVE);
    }

    /// `PTTL` is 0 then, which is not "no expiry".
    #[tokio::test]
    async fn a_key_that_is_made_in_a_sessions_last_moment_expires_too() {
        let all = Redis::start().await;
        for round in 0..100 {
            let talk = Talk::start(&all).await;
            let record = record_key(talk.id);
            let last = if round % 2 == 0 { "1" } else { "2" };
            all.server().run(&["PEXPIRE", &record, last]);
            talk.send(0, "late").await;
            all.until("nothing is left", async || all.keys(&talk.id).is_empty())
                .await;
        }
    }

    #[tokio::test]
    async fn a_reader_whose_stream_was_resumed_elsewhere_learns_it() {
        let all = Redis::start().await;
        let talk = Talk::start(&all).await;
        for opening in [talk.open(0, 1).await, talk.listen(0).await] {
            let read_at = async |node| talk.read_at(node, opening.stream).await;
            let (here, elsewhere) =
                (ReaderLocation::ThisNode, ReaderLocation::OtherNode);
            assert_eq!((read_at(0).await, read_at(1).await), (here, elsewhere));
            talk.resume(1, opening).await;
            assert_eq!((read_at(0).await, read_at(1).await), (elsewhere, here));
        }
    }

    /// D008 for calls on two nodes.
    #[tokio::test]
    async fn a_running_calls_id_is_taken_on_the_other_node() {
        let all = Redis::start().await;
        let talk = Talk::start(&all).await;
        let first = talk.open(0, 1).await;
        let taken = talk.try_open(1, &number(1), "second").await;
        let (node, call) = (talk.names[0].clone(), number(1));
        let runner = Runner { node, call, attempt: attempt() };
        assert_eq!(
            taken,
            Some(CallRegistration::RunningElsewhere(first.stream, runner))
        );
        assert_eq!(talk.read(1, first.stream, START).await.len(), 1);
    }

    #[tokio::test]
    async fn a_running_call_is_resumed_with_its_runner() {
        let all = Redis::start().await;
        let talk = Talk::start(&all).await;
        for call in [RequestId::String("c1 \"{ü}\"\n ".to_owned()), number(0)] {
            let opened = talk.try_open(0, &call, "attempt").await;
            let Some(CallRegistration::New(opening)) = opened else {
                panic!("{opened:?}")
            };
            let (node, attempt) = (talk.names[0].clone(), attempt());
            let runner = Runner { node, call, attempt };
            let resumed = talk.resume(1, opening).await;
            assert_eq!(resumed, Resumption::Call(Some(runner)));
        }
    }

    /// The node was taken for dead, or never had the call.
    #[tokio::test]
    async fn only_the_node_that_runs_a_call_says_something_on_it() {
        let all = Redis::start().await;
        let talk = Talk::start(&all).await;
        let opening = talk.open(0, 1).await;
        talk.resume(1, opening).await;
        let (own, stream, late) = (attempt(), opening.stream, texts(1));
        let append = talk.logs[1].append_events(&talk.id, stream, &own, 1, &late);
        assert!(!append.await.unwrap());
        assert!(talk.append(opening.stream, 1, &["a"]).await);
        assert_eq!(talk.heard(1, opening).await, ["a"]);
    }

    /// It finds that out by reading, and has sent nothing of what it found.
    #[tokio::test]
    async fn what_the_former_holder_of_a_get_stream_sees_is_not_read() {
        let all = Redis::start().await;
        let talk = Talk::start(&all).await;
        let old = talk.listen(0).await;
        talk.resume(1, old).await;
        assert!(talk.send(1, "a").await);
        assert_eq!(talk.read_at(0, old.stream).await, ReaderLocation::OtherNode);
        let new = talk.listen(0).await;
        assert_eq!(talk.heard(0, new).await, ["a"]);
    }

    /// The reader on the old node is dropped after the stream has moved.
    #[tokio::test]
    async fn a_node_that_holds_a_get_stream_no_longer_does_not_close_it() {
        let all = Redis::start().await;
        let talk = Talk::start(&all).await;
        let GetStreamLease { opening, number } = talk.lease(0).await;
        talk.resume(1, opening).await;
        talk.logs[0].close_get_stream(&talk.id, number).await.unwrap();
        assert_eq!(talk.read_at(1, opening.stream).await, ReaderLocation::ThisNode);
        assert!(talk.send(0, "a").await);
        assert_eq!(talk.heard(1, opening).await, ["a"]);
    }
}

/// L057.
#[test]
fn an_events_id_names_its_stream_and_is_read_back() {
    for (kind, letter) in [(StreamKind::Call, "c"), (StreamKind::Get, "g")] {
        for n in [0, 1, 10, u64::MAX] {
            let stream = StreamId { kind, number: n };
            let event = EventId { stream, entry: EntryId { time: n, number: 7 } };
            assert_eq!(event.to_string(), format!("{letter}{n}.{n}-7"));
            assert_eq!(EventId::parse(&event.to_string()), Some(event));
        }
    }
    let others = "|.|-|c|c1|1-2|c1.|c1.2|.1-2|c1.2-|c1.-2|c.2-3|1.2-3|x1.2-3|C1.2-3\
        |c1.2-3 | c1.2-3|c1.2-3.4|c1.2-3-4|c01.2-3|c1.02-3|c1.2-03|c+1.2-3|c1.+2-3\
        |c-1.2-3|c1.2-18446744073709551616|c1.2-*|c1,2-3|c1.$-3|ü1.2-3|c1.2-３";
    for other in others.split('|') {
        assert_eq!(EventId::parse(other), None, "{other}");
    }
}

proptest! {
    #[test]
    fn what_is_read_as_an_id_is_what_would_be_written(
        text in "[cg]?[+]?[0-9]{0,3}[.]?[+]?[0-9]{0,3}[-]?[+ ]?[0-9]{0,3}",
    ) {
        let ids = [
            EventId::parse(&text).map(|id| id.to_string()),
            StreamId::parse(&text).map(|id| id.to_string()),
            EntryId::parse(&text).map(|id| id.to_string()),
        ];
        for id in ids.into_iter().flatten() {
            prop_assert_eq!(&id, &text);
        }
    }
}
