//! The engine without a transport: what only a certain order of events shows.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use mcp_server::app::storage::in_memory;
use mcp_server::calculator::{Calculator, CalculatorSettings};
use mcp_server::calls::CallSink;
use mcp_server::engine::{
    self, Call, CallOutcome, Caller, Engine, Session, Storage,
};
use mcp_server::error::Error;
use mcp_server::events::{Frame, LogBounds};
use mcp_server::protocol::body::Body;
use mcp_server::protocol::jsonrpc::{Message, Notification};
use mcp_server::protocol::{RawJson, to_raw};
use mcp_server::service::asking::ANSWER_LIFETIME;
use mcp_server::sessions::{Principal, StoreSettings};
use mcp_server::telemetry::Metrics;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

const ENGINE: engine::EngineSettings = engine::EngineSettings {
    session_timeout: Duration::from_secs(60),
    audit_events: 10,
    lease: Duration::from_secs(10),
    stall: Duration::from_secs(30),
    max_subscriptions: 10,
};

const MINUTE: Duration = Duration::from_secs(60);

fn storage(timeout: Duration) -> Storage {
    let settings = StoreSettings { timeout, max_per_owner: 10 };
    in_memory(settings, LogBounds::default())
}

async fn open() -> (Arc<Engine>, Arc<Session>) {
    open_on(storage(MINUTE)).await
}

async fn open_on(storage: Storage) -> (Arc<Engine>, Arc<Session>) {
    let service = Arc::new(Calculator::new(CalculatorSettings::default()).unwrap());
    let metrics = Arc::new(Metrics::new().unwrap());
    let engine = Engine::new(service, storage, ENGINE, metrics).unwrap();
    let principal = Principal::anonymous();
    let caller = Caller { principal, owner: "test".into() };
    let handshake = params(json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": { "name": "test", "version": "1" },
    }));
    let (id, _) = engine.initialize(&caller, Some(handshake)).await.unwrap();
    let session = engine.load_and_touch(&id, &caller, 0).await.unwrap();
    (Arc::new(engine), session)
}

fn params(value: Value) -> RawJson {
    to_raw(&value)
}

/// A call with the id 7 that nobody has polled yet.
async fn ping(engine: &Arc<Engine>, session: &Arc<Session>) -> Result<Call, Error> {
    let body = Body::parse(br#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#);
    let Ok(Body::Single(Message::Request(request))) = body else { panic!() };
    engine.prepare_call(session.clone(), request, CallSink::closed()).await
}

/// L077, L078, L080.
#[tokio::test]
async fn a_call_may_be_cancelled_before_it_has_begun() {
    let (engine, session) = open().await;
    let call = ping(&engine, &session).await.unwrap();
    let cancelled = Notification {
        method: "notifications/cancelled".into(),
        params: Some(params(json!({ "requestId": 7 }))),
    };
    engine.notify(&session, cancelled.clone()).await.unwrap();
    assert!(matches!(call.await, CallOutcome::Cancelled));

    let call = ping(&engine, &session).await.unwrap();
    let CallOutcome::Answered(answer) = call.await else { panic!() };
    assert!(answer.as_ref().is_ok());
    engine.notify(&session, cancelled).await.unwrap();
    assert!(ping(&engine, &session).await.is_ok(), "a cancellation is not kept");
}

#[tokio::test]
async fn an_id_is_free_again_however_its_call_ended() {
    let (engine, session) = open().await;
    let _stream = engine
        .streams
        .open_get_stream(&session, CancellationToken::new())
        .await
        .unwrap();
    let call = ping(&engine, &session).await.unwrap();
    assert!(matches!(ping(&engine, &session).await, Err(Error::DuplicateId)));
    drop(call);
    assert!(ping(&engine, &session).await.is_ok());
}

#[tokio::test]
async fn a_stream_that_is_opened_while_the_node_drains_is_sent_away() {
    let (engine, session) = open().await;
    let other = session.clone();
    let listen = async |session: &Session| {
        engine
            .streams
            .open_get_stream(session, CancellationToken::new())
            .await
            .unwrap()
    };
    let mut early = listen(&other).await;
    engine.close_streams();
    let mut late = listen(&session).await;
    for stream in [&mut early, &mut late] {
        assert!(matches!(stream.next().await, Some(Frame::Opening(_))));
        assert!(matches!(stream.next().await, Some(Frame::Reconnect)));
        assert!(stream.next().await.is_none());
    }
}

/// A request of the stateless era, to its end.
async fn ask_alone(engine: &Arc<Engine>, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": { "elicitation": {} },
    });
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let body = Body::parse(request.to_string().as_bytes());
    let Ok(Body::Single(Message::Request(mut request))) = body else { panic!() };
    let envelope = request.take_envelope().unwrap().unwrap();
    let caller = Caller { principal: Principal::anonymous(), owner: "test".into() };
    let mut call =
        engine.serve(&caller, request, envelope, CallSink::closed()).unwrap();
    let answer = (&mut call).await.into_message(&call.id).unwrap();
    serde_json::from_str(answer.get()).unwrap()
}

/// M101: an answer is accepted for a while.
#[tokio::test(start_paused = true)]
async fn an_answer_comes_too_late_when_its_state_has_expired() {
    let (engine, _) = open().await;
    let opened = ask_alone(&engine, json!({ "name": "open_tape" })).await;
    let tape = &opened["result"]["structuredContent"]["tape_id"];
    let clear =
        json!({ "name": "confirm_clear", "arguments": { "tape_id": tape } });
    for (later, in_time) in [
        (ANSWER_LIFETIME - Duration::from_secs(60), true),
        (ANSWER_LIFETIME + Duration::from_secs(1), false),
    ] {
        let asked = ask_alone(&engine, clear.clone()).await;
        assert_eq!(asked["result"]["resultType"], "input_required");
        // Tapes expire sooner than answers here, so this one is used meanwhile.
        let end = tokio::time::Instant::now() + later;
        while tokio::time::Instant::now() < end {
            tokio::time::advance(Duration::from_secs(30)).await;
            ask_alone(&engine, clear.clone()).await;
        }
        let mut retry = clear.clone();
        retry["requestState"] = asked["result"]["requestState"].clone();
        retry["inputResponses"] = json!({
            "confirm": { "action": "accept", "content": { "confirm": true } },
        });
        let answer = ask_alone(&engine, retry).await;
        assert_eq!(answer["error"]["code"] != -32602, in_time, "{answer}");
    }
}

/// M101, M103: two nodes whose clocks are 20 minutes apart use one storage, and its
/// clock decides.
#[tokio::test(start_paused = true)]
async fn a_state_is_accepted_once_whatever_time_the_nodes_believe_it_is() {
    let storage = storage(300 * MINUTE);
    let (ahead, _) = open_on(storage.clone()).await;
    // What a node that starts later reads from the wall does not know of this.
    tokio::time::advance(20 * MINUTE).await;
    let (behind, _) = open_on(storage).await;
    for (first, second) in [(&ahead, &behind), (&behind, &ahead)] {
        let opened = ask_alone(first, json!({ "name": "open_tape" })).await;
        let tape = &opened["result"]["structuredContent"]["tape_id"];
        let mut call =
            json!({ "name": "confirm_clear", "arguments": { "tape_id": tape } });
        let asked = ask_alone(first, call.clone()).await;
        call["requestState"] = asked["result"]["requestState"].clone();
        call["inputResponses"] = json!({
            "confirm": { "action": "accept", "content": { "confirm": true } },
        });
        let answer = ask_alone(second, call.clone()).await;
        assert!(answer["error"].is_null(), "{answer}");
        for _ in 0..60 {
            let answer = ask_alone(second, call.clone()).await;
            assert_eq!(answer["error"]["code"], -32602, "{answer}");
            tokio::time::advance(MINUTE).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn work_that_nobody_waits_for_goes_on_and_the_drain_waits_for_it() {
    let (engine, _) = open().await;
    let minute = Duration::from_secs(60);
    let work = engine.detached(Box::pin(tokio::time::sleep(minute)));
    let begun = tokio::time::Instant::now();
    assert!(tokio::time::timeout(Duration::from_secs(1), work).await.is_err());
    engine.finish_background().await;
    assert!(begun.elapsed() >= minute);
}
