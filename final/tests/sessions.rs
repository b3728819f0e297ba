//! The sessions room, through its public door.
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::pin::pin;
use std::sync::Arc;

use futures_util::FutureExt;
use mcp_server::protocol::jsonrpc::RequestId;
use mcp_server::protocol::to_raw;
use mcp_server::sessions::outbox::CAPACITY;
use mcp_server::sessions::{CallEvent, CallSink, LiveSessions, SessionId};

#[test]
fn only_the_form_that_we_issue_is_an_id() {
    let id = SessionId::random();
    let text = id.to_string();
    assert_eq!(SessionId::parse(&text), Some(id));
    for other in [
        text.to_uppercase().as_str(),
        text.replace('-', "").as_str(),
        &format!("{{{text}}}"),
        "00000000-0000-1000-8000-000000000000",
        "*",
        "",
    ] {
        assert_eq!(SessionId::parse(other), None, "{other}");
    }
}

/// M137, M180: and neither kind of id is taken for the other.
#[test]
fn a_tape_has_a_name_of_another_form() {
    let tape = SessionId::random_tape();
    let text = tape.to_string();
    assert_eq!(SessionId::parse_tape(&text), Some(tape));
    assert!(tape.is_tape() && !SessionId::random().is_tape());
    assert_eq!(SessionId::parse(&text), None);
    assert_eq!(SessionId::parse_tape(&SessionId::random().to_string()), None);
    for other in [
        text.to_uppercase().as_str(),
        text.replace("tape-", "").as_str(),
        &text[..text.len() - 1],
        &format!("{text}0"),
        "tape-+0000000000000000000000000000001",
        "tape-",
        "",
    ] {
        assert_eq!(SessionId::parse_tape(other), None, "{other}");
    }
    let tapes: HashSet<_> = (0..1000).map(|_| SessionId::random_tape()).collect();
    assert_eq!(tapes.len(), 1000);
}

/// L062, L174, L175: 122 bits of it are random. That one of them stays the same in
/// 1000 ids has a chance of 1 in 10^299.
#[test]
fn ids_differ_from_each_other_in_every_bit_that_may() {
    let ids: Vec<u128> = (0..1000)
        .map(|_| SessionId::random().to_string().replace('-', ""))
        .map(|hex| u128::from_str_radix(&hex, 16).unwrap())
        .collect();
    let first = ids[0];
    let changing = ids.iter().fold(0, |seen, id| seen | (id ^ first));
    assert_eq!(changing.count_ones(), 122);
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
}

/// What a call says is bounded by making it wait, not by losing anything.
#[tokio::test]
async fn a_call_that_says_too_much_waits_until_it_is_heard() {
    let (sink, mut inbox) = CallSink::open();
    for n in 0..CAPACITY {
        sink.send(CallEvent::Message(to_raw(&n))).await;
    }
    let mut late = pin!(sink.send(CallEvent::CloseConnection));
    assert!(late.as_mut().now_or_never().is_none());
    assert_eq!(inbox.next_batch().await.len(), CAPACITY);
    late.await;
    assert!(matches!(inbox.next_batch().await[..], [CallEvent::CloseConnection]));
}

#[tokio::test]
async fn what_was_said_is_heard_after_the_call_has_ended() {
    let (sink, mut inbox) = CallSink::open();
    sink.send(CallEvent::Message(to_raw(&1))).await;
    sink.send(CallEvent::CloseConnection).await;
    drop(sink);
    let said = inbox.next_batch().await;
    assert!(matches!(
        said[..],
        [CallEvent::Message(_), CallEvent::CloseConnection]
    ));
    assert!(inbox.next_batch().await.is_empty());
}

/// Nobody takes it, and nobody waits for that.
#[tokio::test]
async fn a_call_that_nobody_hears_does_not_wait() {
    let (sink, inbox) = CallSink::open();
    drop(inbox);
    for n in 0..=CAPACITY {
        sink.send(CallEvent::Message(to_raw(&n))).await;
    }
}

#[test]
fn an_entry_lives_as_long_as_something_holds_it() {
    let all = Arc::new(LiveSessions::default());
    let id = SessionId::random();
    let first = all.pin(id);
    let second = all.pin(id);
    drop(first);
    assert!(all.get(&id).is_some());
    drop(second);
    assert!(all.get(&id).is_none());
    assert!(all.all().is_empty());
}

/// D008
#[test]
fn an_id_is_refused_while_its_call_runs_and_free_afterwards() {
    let live = Arc::new(LiveSessions::default()).pin(SessionId::random());
    let id = RequestId::Number(0.into());
    assert!(live.register_call(&id).is_some());
    assert!(live.register_call(&id).is_none());
    live.unregister_call(&id);
    assert!(live.register_call(&id).is_some());
}
