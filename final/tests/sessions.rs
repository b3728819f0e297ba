//! The sessions room, through its public door.

use std::{collections::BTreeSet, sync::Arc};

use mcp_server::{
    protocol::{jsonrpc::RequestId, to_raw},
    sessions::{Frame, LiveSessions, Outbox, SessionId, outbox::CAPACITY},
};

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

/// D018: a reader that never reads delays nobody and loses its stream.
#[tokio::test]
async fn a_stalled_reader_is_cut_off() {
    let (outbox, mut inbox) = Outbox::open();
    for n in 0..=CAPACITY {
        outbox.send(Frame::Message(to_raw(&n)));
    }
    assert!(inbox.recv().await.is_none());
}

#[tokio::test]
async fn what_was_queued_is_delivered_after_the_sender_left() {
    let (outbox, mut inbox) = Outbox::open();
    outbox.send(Frame::Message(to_raw(&1)));
    outbox.send(Frame::Retry);
    drop(outbox);
    assert!(matches!(inbox.recv().await, Some(Frame::Message(_))));
    assert!(matches!(inbox.recv().await, Some(Frame::Retry)));
    assert!(inbox.recv().await.is_none());
}

#[test]
fn an_entry_lives_as_long_as_something_holds_it() {
    let all = Arc::new(LiveSessions::default());
    let id = SessionId::random();
    let first = all.hold(id);
    let second = all.hold(id);
    drop(first);
    assert!(all.get(&id).is_some());
    drop(second);
    assert!(all.get(&id).is_none());
    assert!(all.all().is_empty());
}

/// D008
#[test]
fn an_id_is_refused_while_its_call_runs_and_free_afterwards() {
    let live = Arc::new(LiveSessions::default()).hold(SessionId::random());
    let id = RequestId::Number(0.into());
    assert!(live.begin(&id).is_some());
    assert!(live.begin(&id).is_none());
    live.finish(&id);
    assert!(live.begin(&id).is_some());
}

/// A12
#[tokio::test]
async fn a_second_stream_replaces_the_first() {
    let live = Arc::new(LiveSessions::default()).hold(SessionId::random());
    let uris = BTreeSet::from(["x:y".to_owned()]);
    let mut old = live.listen(uris.clone());
    let mut new = live.listen(uris);
    live.stop_listening(&old);
    live.announce("x:y", || to_raw(&1));
    assert!(matches!(old.recv().await, Some(Frame::Retry)));
    assert!(old.recv().await.is_none());
    assert!(matches!(new.recv().await, Some(Frame::Message(_))));
}
