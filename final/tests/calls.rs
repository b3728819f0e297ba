//! The running calls of a node, through the public interface of their module.
#![allow(clippy::unwrap_used)]

use std::pin::pin;
use std::sync::Arc;

use futures_util::FutureExt;
use mcp_server::calls::sink::CAPACITY;
use mcp_server::calls::{CallEvent, CallSink, LiveSessions};
use mcp_server::protocol::jsonrpc::RequestId;
use mcp_server::protocol::to_raw;
use mcp_server::sessions::SessionId;

/// **Back-pressure**: the call waits, and nothing is lost.
#[tokio::test]
async fn a_call_that_emits_too_much_waits_until_it_is_received() {
    let (sink, mut output) = CallSink::open();
    for n in 0..CAPACITY {
        sink.send(CallEvent::Message(to_raw(&n))).await;
    }
    let mut late = pin!(sink.send(CallEvent::CloseConnection));
    assert!(late.as_mut().now_or_never().is_none());
    assert_eq!(output.next_batch().await.len(), CAPACITY);
    late.await;
    assert!(matches!(output.next_batch().await[..], [CallEvent::CloseConnection]));
}

#[tokio::test]
async fn what_was_sent_is_received_after_the_call_has_ended() {
    let (sink, mut output) = CallSink::open();
    sink.send(CallEvent::Message(to_raw(&1))).await;
    sink.send(CallEvent::CloseConnection).await;
    drop(sink);
    let sent = output.next_batch().await;
    assert!(matches!(
        sent[..],
        [CallEvent::Message(_), CallEvent::CloseConnection]
    ));
    assert!(output.next_batch().await.is_empty());
}

#[tokio::test]
async fn a_call_whose_output_is_gone_does_not_wait() {
    let (sink, output) = CallSink::open();
    drop(output);
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
