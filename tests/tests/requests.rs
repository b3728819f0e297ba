//! A stateless request while it runs: what it says on its way, how it is cancelled,
//! and that it leaves no session behind.

use std::time::Duration;

use serde_json::{Value, json};
use suite::modern::{complete, key};
use suite::{Caller, Exchange, Node, NodeBuilder, PATIENCE, Program, eventually};

const SSE: &str = "text/event-stream";
const JSON: &str = "application/json";

fn fixture() -> NodeBuilder {
    Node::builder().program(Program::CONFORMANCE).set("SSE_AFTER", 1)
}

/// How many calls of tools have ended like this.
async fn ended(node: &Node, outcome: &str) -> f64 {
    let labels = format!("method=\"tools/call\",outcome=\"{outcome}\"");
    let sample = format!("mcp_requests_total{{{labels}}}");
    node.metric(&sample).await.unwrap_or_default()
}

async fn assert_ends(node: &Node, outcome: &str, count: f64) {
    // Less than what the call would take.
    eventually(outcome, Duration::from_secs(3), async || {
        (ended(node, outcome).await >= count).then_some(())
    })
    .await;
    assert_eq!(ended(node, outcome).await, count, "{outcome}");
}

/// A stream of this era has no ids, asks nothing, and ends with its answer: M009,
/// M042, M049, M051 to M053, M055, M057, M092.
fn assert_answer_stream(answer: &Exchange) {
    assert_eq!((answer.status, answer.content_type()), (200, Some(SSE)));
    assert_eq!(answer.header("x-accel-buffering"), Some("no"));
    assert_eq!(answer.header("mcp-session-id"), None);
    let suite::Body::Events(events) = &answer.body else {
        panic!("no events in {answer:#?}")
    };
    for event in events {
        assert!(event.id.is_none() && event.retry.is_none(), "{event:?}");
        assert!(event.message().is_some(), "a priming event: {event:?}");
    }
    let (answer, before) = answer.messages().split_last().map_or_else(
        || panic!("nothing was said"),
        |(last, before)| (last.clone(), before.to_vec()),
    );
    assert!(answer.get("method").is_none(), "the answer comes last: {answer}");
    for message in before {
        assert!(message.get("id").is_none(), "{message}");
        assert!(message["method"].is_string(), "{message}");
    }
}

/// M122 to M124: the caller's own token, of its own type, and growing numbers.
#[tokio::test]
async fn progress_is_told_on_the_stream_of_its_request() {
    let node = Node::builder().set("PROGRESS_INTERVAL", 1).start().await;
    let caller = Caller::new(&node);
    let steps = json!({ "steps": 4 });
    for token in [json!("a-token"), json!(0), json!("7")] {
        let asking = caller.with_meta("progressToken", token.clone());
        let answer = asking.call_tool("demo_progress", steps.clone()).await;
        assert_answer_stream(&answer);
        complete(&answer);
        let reports = answer.notifications("notifications/progress");
        assert_eq!(reports.len() + 1, answer.messages().len(), "nothing else");
        assert!(reports.iter().all(|r| r["params"]["progressToken"] == token));
        let progress: Vec<_> =
            reports.iter().map(|r| r["params"]["progress"].as_f64()).collect();
        assert_eq!(progress, [1.0, 2.0, 3.0, 4.0].map(Some));
    }
    let silent = caller.call_tool("demo_progress", steps).await;
    assert!(silent.notifications("notifications/progress").is_empty());
}

/// M151 to M153, M155, M156: a request that names no level hears nothing.
#[tokio::test]
async fn log_messages_are_for_requests_that_ask_for_them() {
    let token = "alice-has-a-long-token";
    let node = fixture().set("API_TOKENS", format!("alice={token}"));
    let node = node.start().await;
    let caller = Caller::new(&node).with_token(token);
    for tool in ["test_tool_with_logging", "test_logging_tool"] {
        let mute = caller.call_tool(tool, json!({})).await;
        assert!(mute.notifications("notifications/message").is_empty(), "{tool}");
        complete(&mute);
    }
    for (level, sent) in
        [("emergency", 0), ("warning", 0), ("info", 3), ("debug", 3)]
    {
        let asking = caller.with_meta(&key("logLevel"), json!(level));
        let answer = asking.call_tool("test_tool_with_logging", json!({})).await;
        let logs = answer.notifications("notifications/message");
        assert_eq!(logs.len(), sent, "at level {level}");
        for log in logs {
            assert!(log["params"]["level"].is_string(), "{log}");
            assert!(log["params"].get("data").is_some(), "{log}");
            for secret in [token, "alice", "127.0.0.1"] {
                assert!(!log.to_string().contains(secret), "{log}");
            }
        }
        let next = caller.call_tool("test_tool_with_logging", json!({})).await;
        assert_eq!(next.messages().len(), 1, "and the next request does not");
    }
}

/// M049: JSON when it can, a stream when it must, and what the caller accepts.
#[tokio::test]
async fn an_answer_is_a_stream_only_if_it_has_to_be() {
    let node = fixture().set("SSE_AFTER", 200).start().await;
    let caller = Caller::new(&node).with_meta(&key("logLevel"), json!("info"));
    for (tool, millis, media_type) in [
        ("test_simple_text", 0, JSON),
        ("test_slow", 5, JSON),
        ("test_slow", 600, SSE),
        ("test_tool_with_logging", 0, SSE),
    ] {
        let arguments = match tool {
            "test_slow" => json!({ "millis": millis }),
            _ => json!({}),
        };
        let answer = caller.call_tool(tool, arguments.clone()).await;
        assert_eq!(answer.content_type(), Some(media_type), "{tool}");
        complete(&answer);

        let json_only = caller.with_accept(JSON);
        let answer = json_only.call_tool(tool, arguments.clone()).await;
        assert_eq!(answer.content_type(), Some(JSON), "{tool}");
        assert_eq!(answer.messages().len(), 1, "{tool}");
        complete(&answer);

        let stream_only = caller.with_accept(SSE);
        let answer = stream_only.call_tool(tool, arguments).await;
        assert_answer_stream(&answer);
        complete(&answer);
    }
}

/// M057, M081: `Last-Event-ID` is a header that means nothing here.
#[tokio::test]
async fn a_request_cannot_be_resumed_only_made_again() {
    let node = Node::builder().set("PROGRESS_INTERVAL", 1).start().await;
    let caller = Caller::new(&node).with_meta("progressToken", json!("t"));
    let steps = json!({ "name": "demo_progress", "arguments": { "steps": 2 } });
    for id in ["c1.1-0", "nonsense"] {
        let call = caller.message("tools/call", steps.clone());
        let call = caller.attempt(&call).header("last-event-id", id);
        let answer = call.send().await;
        assert_answer_stream(&answer);
        assert_eq!(answer.messages().len(), 3, "all of it");
    }
    let get = node
        .attempt("GET")
        .header("mcp-protocol-version", "2026-07-28")
        .header("last-event-id", "c1.1-0");
    assert_eq!(get.send().await.status, 405);
}

/// M058 to M060, M116, M119, D015: whoever hangs up does not want the answer.
#[tokio::test]
async fn a_caller_that_disconnects_cancels_its_request() {
    let node = Node::builder().set("PROGRESS_INTERVAL", 100).start().await;
    let caller = Caller::new(&node).with_meta("progressToken", json!("t"));
    // Ten seconds each.
    let mut call =
        caller.apart().start_call("demo_progress", json!({ "steps": 100 })).await;
    call.expect("notifications/progress").await;
    drop(call);
    assert_ends(&node, "cancelled", 1.0).await;
    assert_eq!(ended(&node, "ok").await, 0.0);
}

/// The same before the answer has begun.
#[tokio::test]
async fn a_caller_that_disconnects_early_cancels_its_request() {
    let node = fixture().set("SSE_AFTER", 60_000).start().await;
    let caller = Caller::new(&node);
    for (count, accept) in [(1.0, suite::http::BOTH), (2.0, JSON)] {
        let caller = caller.apart().with_accept(accept);
        let call = caller.call_tool("test_slow", json!({ "millis": 60_000 }));
        let gone = tokio::time::timeout(Duration::from_millis(300), call).await;
        assert!(gone.is_err(), "nothing has been answered yet");
        // The connection itself is gone when nobody holds it.
        drop(caller);
        assert_ends(&node, "cancelled", count).await;
    }
}

/// D015, the other half: a session's call runs to its end on the same node.
#[tokio::test]
async fn a_client_of_a_session_that_disconnects_cancels_nothing() {
    let node = fixture().start().await;
    let client = node.connect().await;
    let call = client.start_call("test_slow", json!({ "millis": 500 })).await;
    assert!(call.is_stream());
    drop(call);
    assert_ends(&node, "ok", 1.0).await;
    assert_eq!(ended(&node, "cancelled").await, 0.0);
}

/// M117, M120: over HTTP there is nobody to whom a cancellation could belong.
#[tokio::test]
async fn a_cancellation_is_accepted_and_stops_nothing() {
    let node = fixture().start().await;
    let caller = Caller::new(&node);
    let slow = json!({ "name": "test_slow", "arguments": { "millis": 300 } });
    let message = caller.message_as("slow", "tools/call", slow);
    let call = caller.attempt(&message).open().await;
    for params in
        [json!({ "requestId": "slow" }), json!({}), json!({ "requestId": [] })]
    {
        let cancel = json!({
            "jsonrpc": "2.0",
            "method": "notifications/cancelled",
            "params": params,
        });
        let answer = caller.attempt(&cancel);
        let answer = answer.header("mcp-protocol-version", "2026-07-28");
        let answer = answer.send().await;
        assert_eq!((answer.status, &answer.body), (202, &suite::Body::Empty));
    }
    assert_eq!(call.rest().await.text(), "That took 300 ms.");
}

/// A reader that takes nothing delays nobody.
#[tokio::test]
async fn a_reader_that_stalls_delays_nobody() {
    let node = fixture().start().await;
    let caller = Caller::new(&node).with_meta(&key("logLevel"), json!("info"));
    let flood = json!({ "messages": 2000, "bytes": 20_000 });
    let _stalled = caller.apart().start_call("test_flood", flood).await;
    for _ in 0..10 {
        let list = caller.request("tools/list", json!({})).await;
        assert!(list.took < Duration::from_millis(500), "{:?}", list.took);
        let call = caller.call_tool("test_tool_with_logging", json!({})).await;
        assert_eq!(call.notifications("notifications/message").len(), 3);
    }
}

/// A client that takes no more than the beginning is let go, also when the call has
/// ended and all of it waits to be taken.
#[tokio::test]
async fn a_stream_whose_end_nobody_takes_is_closed() {
    let node = fixture().set("SSE_STALL", 500).start().await;
    let caller = Caller::new(&node).with_meta(&key("logLevel"), json!("info"));
    // More than the sockets hold, and fewer messages than may wait.
    let flood = json!({ "messages": 12, "bytes": 2_000_000 });
    let _stalled = caller.start_call("test_flood", flood).await;
    eventually("the stream is closed", PATIENCE, async || {
        let open = node.metric("mcp_streams_open{kind=\"post\"}").await;
        (open == Some(0.0)).then_some(())
    })
    .await;
}

/// D017: a call that outlasts the drain is answered, in every form.
#[tokio::test]
async fn a_call_that_outlasts_the_drain_is_answered_with_an_error() {
    for accept in ["application/json", suite::http::BOTH] {
        let mut node = fixture()
            .set("DRAIN_DELAY", 1000)
            .set("DRAIN_DEADLINE", 300)
            .start()
            .await;
        let caller = Caller::new(&node).with_accept(accept);
        let call = tokio::spawn({
            let slow =
                json!({ "name": "test_slow", "arguments": { "millis": 60_000 } });
            let attempt = caller.attempt(&caller.message("tools/call", slow));
            async move { attempt.send().await }
        });
        // It arrives while everything is still served.
        node.terminate();
        let answer = call.await.expect("an answer");
        assert_eq!(answer.code(), -32603, "{answer:#?}");
        assert!(node.wait(PATIENCE).await.success());
    }
}

/// The number of sessions that were opened on the node.
async fn sessions(node: &Node) -> Option<f64> {
    node.metric("mcp_session_events_total{event=\"created\"}").await
}

/// D016, M080: what a session header says is not heard.
#[tokio::test]
async fn stateless_requests_neither_create_nor_refresh_a_session() {
    let redis = suite::RedisServer::start().await;
    let impatient = Node::builder().set("SESSION_TIMEOUT", 1000);
    for node in
        [impatient.clone().start().await, impatient.redis(&redis).start().await]
    {
        let caller = Caller::new(&node);
        let list = || caller.attempt(&caller.message("tools/list", json!({})));
        complete(&list().send().await);
        complete(
            &caller
                .call_tool("calculate", json!({ "a": 1, "b": 2, "op": "add" }))
                .await,
        );
        assert_eq!(sessions(&node).await, Some(0.0), "none was created");

        let client = node.connect().await;
        assert_eq!(sessions(&node).await, Some(1.0));
        eventually("the session expires under requests", PATIENCE, async || {
            let own = list().header("mcp-session-id", client.session_id());
            complete(&own.send().await);
            let name = "mcp_session_events_total{event=\"expired\"}";
            (node.metric(name).await == Some(1.0)).then_some(())
        })
        .await;
        assert_eq!(client.ping().await.status, 404);
        let lost = list().header("mcp-session-id", client.session_id());
        complete(&lost.send().await);
    }
}

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// M025: the log says to which trace of the caller a request belongs.
#[tokio::test]
async fn the_log_names_the_callers_trace() {
    let other = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = |trace: &str| format!("00-{trace}-b7ad6b7169203331-01");
    let node = Node::builder()
        .set("LOG_LEVEL", "debug")
        .set("LOG_FORMAT", "json")
        .start()
        .await;
    let caller = Caller::new(&node);
    let meta = caller.with_meta("traceparent", json!(parent(TRACE)));
    complete(&meta.request("tools/list", json!({})).await);
    let header = caller.attempt(&caller.message("prompts/list", json!({})));
    let header = header.header("traceparent", parent(other));
    complete(&header.send().await);
    let zero = "0".repeat(32);
    for wrong in ["", "00-1-2-3", &parent("NOT-HEXADECIMAL"), &parent(&zero)] {
        let wrong = caller.with_meta("traceparent", json!(wrong));
        complete(&wrong.request("resources/list", json!({})).await);
    }
    let log = node.stop().await;
    let lines: Vec<Value> =
        log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of = |trace: &str| {
        let lines = lines.iter().filter(|line| line.to_string().contains(trace));
        lines.cloned().collect::<Vec<_>>()
    };
    for (trace, method) in [(TRACE, "tools/list"), (other, "prompts/list")] {
        let told = of(trace);
        assert!(!told.is_empty(), "nothing of {trace} in {log}");
        assert!(told.iter().any(|line| line.to_string().contains("trace_id")));
        assert!(told.iter().any(|line| line.to_string().contains(method)));
    }
    assert!(of("NOT-HEX").is_empty() && of(&zero).is_empty(), "{log}");
}

/// What is refused for what is around it is a request too, and counted once.
#[tokio::test]
async fn a_request_that_is_refused_at_the_door_is_counted() {
    let node = Node::start().await;
    let caller = Caller::new(&node);
    let call = |caller: &Caller| {
        let params = json!({ "name": "calculate", "arguments": {} });
        caller.attempt(&caller.message("tools/call", params))
    };
    let old = caller.with_meta(&key("protocolVersion"), json!("2027-01-01"));
    let loud = caller.with_meta(&key("logLevel"), json!("loud"));
    let picky = caller.with_accept("text/plain");
    let attempts = [
        (call(&old), 400),
        (call(&caller).without("mcp-protocol-version"), 400),
        (call(&caller).without("mcp-method"), 400),
        (call(&caller).without("mcp-name"), 400),
        (call(&loud), 400),
        (call(&picky), 406),
    ];
    for (count, (attempt, status)) in (1_u32..).zip(attempts) {
        let sent = format!("{:?}", attempt.sent());
        assert_eq!(attempt.send().await.status, status, "{sent}");
        assert_eq!(ended(&node, "refused").await, f64::from(count), "{sent}");
    }
    let listen = json!({ "notifications": {} });
    let mute = caller.with_accept(JSON);
    let refused = mute.request("subscriptions/listen", listen).await;
    assert_eq!(refused.status, 406);
    let sample =
        "mcp_requests_total{method=\"subscriptions/listen\",outcome=\"refused\"}";
    assert_eq!(node.metric(sample).await, Some(1.0));
}
