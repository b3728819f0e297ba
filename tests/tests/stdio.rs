//! The second transport: a real process and its pipes.

use std::time::Duration;

use serde_json::{Value, json};
use suite::{Node, NodeBuilder, Pipes, Program};

/// Enough for an end that waits for nothing.
const SOON: Duration = Duration::from_secs(3);

fn fixture() -> NodeBuilder {
    Node::builder().program(Program::CONFORMANCE)
}

async fn initialized(node: NodeBuilder) -> Pipes {
    let mut server = node.pipes();
    let open_minded = json!({ "sampling": {}, "elicitation": {}, "roots": {} });
    server.handshake("2025-11-25", open_minded).await;
    server
}

/// Sends a line that is refused, and returns the error and its id.
async fn refused(server: &mut Pipes, line: impl AsRef<[u8]>) -> (i64, Value) {
    server.write(line);
    let answer = server.message().await;
    let code = answer["error"]["code"].as_i64();
    assert!(answer["error"]["message"].is_string(), "{answer}");
    (code.unwrap_or_default(), answer["id"].clone())
}

/// L071: nothing but messages.
#[tokio::test]
async fn a_session_from_handshake_to_the_end_of_the_input() {
    let mut server = Node::builder().pipes();
    server.assert_alive().await;
    let opened = server.handshake("2025-06-18", json!({})).await;
    assert_eq!(opened["protocolVersion"], "2025-06-18");
    server.call(1, "calculate", json!({ "a": 1, "b": 2, "op": "add" }));
    let answer = server.response().await;
    assert_eq!(answer["id"], 1);
    assert_eq!(answer["result"]["content"][0]["text"], "1 add 2 = 3");
    let history = json!({ "uri": "calculator://history" });
    server.request("h", "resources/read", history);
    let answer = server.response().await;
    let text = answer["result"]["contents"][0]["text"].as_str();
    assert!(text.is_some_and(|t| t.contains("\"add\"")), "it is one session");
    server.close_input();
    server.assert_ends(SOON).await;
    assert_eq!(server.line().await, None, "nothing but messages");
}

#[tokio::test]
async fn initialize_comes_first_and_once() {
    let mut server = Node::builder().pipes();
    let list = r#"{"jsonrpc":"2.0","id":7,"method":"tools/list"}"#;
    server.notify("notifications/initialized", json!({}));
    server.notify("notifications/cancelled", json!({ "requestId": 1 }));
    server.send(&json!({ "jsonrpc": "2.0", "id": 3, "result": {} }));
    assert_eq!(refused(&mut server, list).await, (-32600, json!(7)));
    server.handshake("2025-11-25", json!({})).await;
    let again = r#"{"jsonrpc":"2.0","id":8,"method":"initialize","params":{}}"#;
    assert_eq!(refused(&mut server, again).await, (-32600, json!(8)));
    server.assert_alive().await;
}

/// Over HTTP it is the same: the answer names the versions that are spoken.
#[tokio::test]
async fn a_claim_to_the_stateless_era_is_answered_with_the_versions_spoken() {
    let mut server = Node::builder().pipes();
    let version =
        json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28" });
    server.request(1, "server/discover", json!({ "_meta": version }));
    let error = server.message().await["error"].take();
    assert_eq!(error["code"], -32022);
    assert_eq!(error["data"]["supported"][0], "2025-11-25");
}

/// L071: what the log says goes elsewhere.
#[tokio::test]
async fn lines_that_are_no_messages_are_refused_and_do_no_harm() {
    let mut server = initialized(Node::builder().set("MAX_BODY", 2000)).await;
    let null = Value::Null;
    for (line, code, id) in [
        (&b"{\"jsonrpc\":"[..], -32700, &null),
        (b"\"\xff\xfe\"", -32700, &null),
        (&b"[".repeat(1000), -32700, &null),
        (&b"x".repeat(5000), -32600, &null),
        (&b"y".repeat(500_000), -32600, &null),
        (b"17", -32600, &null),
        (b"[]", -32600, &null),
        (br#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600, &null),
        (br#"{"jsonrpc":"1.0","id":4,"method":"ping"}"#, -32600, &json!(4)),
        (br#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600, &null),
    ] {
        let (came, its) = refused(&mut server, line).await;
        let line = String::from_utf8_lossy(&line[..line.len().min(40)]);
        assert_eq!((came, &its), (code, id), "{line}");
        server.write("");
        server.assert_alive().await;
    }
}

/// 2025-03-26 only; the answers may come one by one.
#[tokio::test]
async fn a_batch_is_answered_message_by_message() {
    let mut server = Node::builder().pipes();
    server.handshake("2025-03-26", json!({})).await;
    let ping = |id: Value| json!({ "jsonrpc": "2.0", "id": id, "method": "ping" });
    server.send(&json!([ping(json!(1)), 17, ping(json!("b"))]));
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(server.message().await["id"].to_string());
    }
    ids.sort_unstable();
    assert_eq!(ids, ["\"b\"", "1", "null"]);
}

/// L079.
#[tokio::test]
async fn the_client_is_asked_and_answers() {
    let mut server = initialized(fixture()).await;
    server.call(1, "test_list_roots", json!({}));
    let question = server.expect("roots/list").await;
    server.assert_alive().await;
    let roots = json!({ "roots": [{ "uri": "file:///work" }] });
    let answer = json!({ "jsonrpc": "2.0", "id": question["id"], "result": roots });
    server.send(&answer);
    let ended = server.response().await;
    assert_eq!(ended["result"]["content"][0]["text"], "Roots: file:///work");
    server.send(&answer);
    server.assert_alive().await;
}

#[tokio::test]
async fn what_a_call_says_comes_before_its_answer() {
    let mut server = initialized(Node::builder().set("PROGRESS_INTERVAL", 1)).await;
    let params = json!({
        "name": "demo_progress",
        "arguments": { "steps": 3 },
        "_meta": { "progressToken": "t" },
    });
    server.request(1, "tools/call", params);
    for step in 1..=3 {
        let report = server.message().await;
        assert_eq!(report["method"], "notifications/progress");
        assert_eq!(report["params"]["progress"].as_f64(), Some(f64::from(step)));
    }
    assert_eq!(server.message().await["id"], 1);
}

#[tokio::test]
async fn a_call_that_is_cancelled_is_not_answered() {
    let mut server = initialized(fixture()).await;
    server.call(1, "test_slow", json!({ "millis": 60_000 }));
    server.call(1, "test_slow", json!({ "millis": 0 }));
    let duplicate = server.response().await;
    assert_eq!(duplicate["error"]["code"], -32600, "it is running: {duplicate}");
    server.notify("notifications/cancelled", json!({ "requestId": 1 }));
    server.assert_alive().await;
    server.close_input();
    server.assert_ends(SOON).await;
}

#[tokio::test]
async fn changes_are_announced() {
    let mut server = initialized(Node::builder()).await;
    let history = json!({ "uri": "calculator://history" });
    server.request(1, "resources/subscribe", history);
    assert_eq!(server.response().await["result"], json!({}));
    server.call(2, "calculate", json!({ "a": 1, "b": 2, "op": "add" }));
    let update = server.expect("notifications/resources/updated").await;
    assert_eq!(update["params"]["uri"], "calculator://history");
}

#[tokio::test]
async fn a_running_call_is_answered_after_the_end_of_the_input() {
    let mut server = initialized(fixture()).await;
    server.call(1, "test_slow", json!({ "millis": 500 }));
    server.close_input();
    assert_eq!(server.response().await["id"], 1);
    server.assert_ends(SOON).await;
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_stops() {
    let mut server = initialized(fixture()).await;
    server.call(1, "test_slow", json!({ "millis": 500 }));
    server.assert_alive().await;
    server.terminate();
    assert_eq!(server.response().await["id"], 1, "a running call is answered");
    server.assert_ends(SOON).await;
}

/// The client has stopped to read and its pipe is full: waiting for it would be
/// waiting for ever.
#[tokio::test]
async fn a_server_that_nobody_reads_stops_when_it_is_told_to() {
    let mut server = fixture().pipes();
    // More than the pipe and the queue before it hold: 64 KiB and 256 lines.
    for id in 0..1_000 {
        server.request(format!("{id}{}", "x".repeat(100)), "ping", json!({}));
    }
    server.terminate();
    server.wait(Duration::from_secs(9)).await;
}

#[tokio::test]
async fn a_server_whose_output_is_closed_ends() {
    let mut server = Node::builder().pipes();
    server.close_output();
    server.request(1, "ping", json!({}));
    server.wait(SOON).await;
}
