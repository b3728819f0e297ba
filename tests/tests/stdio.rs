//! The second transport: a real process and its pipes.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use serde_json::{Value, json};
use suite::client::message;
use suite::modern::{VERSION, key};
use suite::probe::SPOKEN;
use suite::{Node, NodeBuilder, PATIENCE, Pipes, Program, eventually};

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
    assert_eq!(server.line().await, None, "L071: nothing but messages");
}

/// A popular client sets HOST and PORT for every server that it starts.
#[tokio::test]
async fn a_bad_setting_of_http_is_one_warning() {
    let node =
        Node::builder().set("HOST", "not a host").set("LOG_LEVEL", "WARNING");
    let mut server = node.pipes();
    server.assert_alive().await;
    server.says("WARN HOST: ").await;
    server.close_input();
    server.assert_ends(SOON).await;
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
        // Not a byte more is needed.
        server.assert_alive().await;
    }
}

/// A client that does not read its answers is not read from: its requests wait with
/// it. Nothing is lost: when it reads, it gets all of them.
#[tokio::test]
async fn a_client_that_does_not_read_waits_with_its_own_requests() {
    let node = Node::builder().set("SAMPLE_TOOL_NAME", "print_it");
    // Nothing of the output is read before the first answer is asked for.
    let mut server = node.pipes();
    let text = "x".repeat(500_000);
    let line = |id: usize| {
        let params = call("print_it", json!({ "value": text }));
        format!("{}\n", modern(id, "tools/call", params)).into_bytes()
    };
    let count = 60;
    let taken = server.pour((0..count).map(line).collect());
    let (mut earlier, mut looks) = (0, 0);
    let settled = async || {
        let now = taken.load(SeqCst);
        looks = if now == earlier { looks + 1 } else { 0 };
        earlier = now;
        (now > 0 && looks > 50).then_some(now)
    };
    let earlier = eventually("the reader waits", PATIENCE, settled).await;
    assert!(earlier < count / 2, "{earlier} of {count} requests were taken");
    let peak = server.peak_bytes() >> 20;
    assert!(peak <= 64, "{peak} MiB");
    for _ in 0..count {
        let answer = server.response().await;
        assert!(answer["result"].is_object(), "{answer}");
    }
}

/// L022: what old clients ask for is what they are given.
#[tokio::test]
async fn the_oldest_version_is_served_like_the_next_one() {
    let mut server = Node::builder().pipes();
    let opened = server.handshake("2024-11-05", json!({})).await;
    assert_eq!(opened["protocolVersion"], "2024-11-05");
    let sum = json!({ "a": 1, "b": 2, "op": "add" });
    server.call(1.0, "calculate", sum);
    let answer = server.response().await;
    assert_eq!(answer["id"].to_string(), "1", "an id is an integer");
    assert_eq!(answer["result"]["content"][0]["text"], "1 add 2 = 3");
    assert_eq!(answer["result"].get("structuredContent"), None, "{answer}");
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

/// A request of the stateless era.
fn modern(id: impl Into<Value>, method: &str, mut params: Value) -> Value {
    params["_meta"][key("protocolVersion")] = json!(VERSION);
    params["_meta"][key("clientCapabilities")] = json!({ "elicitation": {} });
    message(id.into(), method, params)
}

fn call(tool: &str, arguments: Value) -> Value {
    json!({ "name": tool, "arguments": arguments })
}

/// Sends a request of the stateless era and returns its result.
async fn ask(server: &mut Pipes, method: &str, params: Value) -> Value {
    server.send(&modern(method, method, params));
    let mut answer = server.response().await;
    assert_eq!(answer["id"], method, "{answer}");
    assert!(answer.get("result").is_some(), "{answer}");
    answer["result"].take()
}

/// A2, A6, M034, M038, M083, M182: the probe of a client that speaks both eras.
#[tokio::test]
async fn a_client_may_ask_first_what_is_spoken() {
    let mut server = Node::builder().pipes();
    let probe = modern("server-discover-probe-1", "server/discover", json!({}));
    server.send(&probe);
    let mut answer = server.message().await;
    assert_eq!(answer["id"], probe["id"]);
    let found = answer["result"].take();
    assert_eq!(found["resultType"], "complete");
    assert_eq!(found["supportedVersions"], json!(SPOKEN));
    assert!(found["ttlMs"].is_u64() && found["_meta"].is_object(), "{found}");

    let bare = r#"{"jsonrpc":"2.0","id":2,"method":"server/discover"}"#;
    assert_eq!(refused(&mut server, bare).await, (-32602, json!(2)));
    // It may still choose the other era.
    let opened = server.handshake("2025-11-25", json!({})).await;
    assert_eq!(opened["protocolVersion"], "2025-11-25");
    server.assert_alive().await;
}

/// M018, M033, M063, M120: refused as over HTTP, without the headers.
#[tokio::test]
async fn a_claim_that_is_wrong_is_refused() {
    let mut server = Node::builder().pipes();
    let mut other = modern(1, "tools/list", json!({}));
    other["params"]["_meta"][key("protocolVersion")] = json!("2027-01-01");
    assert_eq!(refused(&mut server, other.to_string()).await, (-32022, json!(1)));
    let mut mute = modern(2, "tools/list", json!({}));
    let meta = mute["params"]["_meta"].as_object_mut();
    meta.map(|meta| meta.remove(&key("clientCapabilities")));
    assert_eq!(refused(&mut server, mute.to_string()).await, (-32602, json!(2)));
    for method in ["ping", "initialize", "logging/setLevel", "no/such/method"] {
        let gone = modern(3, method, json!({})).to_string();
        assert_eq!(
            refused(&mut server, gone).await,
            (-32601, json!(3)),
            "{method}"
        );
    }
    // The method is looked at first.
    for (method, code) in [("tools/list", -32602), ("no/such/method", -32601)] {
        let mut loud = modern(4, method, json!({}));
        loud["params"]["_meta"][key("logLevel")] = json!("deafening");
        assert_eq!(
            refused(&mut server, loud.to_string()).await,
            (code, json!(4)),
            "{method}"
        );
    }
    server.notify("notifications/cancelled", json!({ "requestId": "nobody" }));
    server.notify("notifications/cancelled", json!({ "requestId": [] }));
    ask(&mut server, "tools/list", json!({})).await;
}

/// M014, M039, M040: without a handshake, beside one, and none the wiser.
#[tokio::test]
async fn both_eras_are_spoken_on_one_pipe() {
    let mut server = Node::builder().pipes();
    let opened = ask(&mut server, "tools/call", call("open_tape", json!({}))).await;
    let tape = opened["structuredContent"]["tape_id"].clone();
    server.handshake("2025-06-18", json!({})).await;
    let mut sum = json!({ "a": 1, "b": 2, "op": "add" });
    server.call(1, "calculate", sum.clone());
    let legacy = server.response().await["result"].take();
    assert_eq!(legacy["content"][0]["text"], "1 add 2 = 3");
    assert!(legacy.get("resultType").is_none(), "{legacy}");
    sum["tape_id"] = tape.clone();
    let modern = ask(&mut server, "tools/call", call("calculate", sum)).await;
    assert_eq!(modern["resultType"], "complete");
    let tape = tape.as_str().unwrap_or_default();
    for uri in [
        format!("calculator://tapes/{tape}/history"),
        "calculator://history".to_owned(),
    ] {
        let params = json!({ "uri": uri });
        let read = match uri.contains("tapes") {
            true => ask(&mut server, "resources/read", params).await,
            false => {
                server.request(9, "resources/read", params);
                server.response().await["result"].take()
            }
        };
        let text = read["contents"][0]["text"].as_str().unwrap_or_default();
        let history: Value = serde_json::from_str(text).unwrap_or_default();
        assert_eq!(history.as_array().map(Vec::len), Some(1), "{uri}: {read}");
    }
}

/// M092, M093, M103: a question is an answer here too, and its yes is used once.
#[tokio::test]
async fn a_question_is_answered_by_asking_again() {
    let mut server = Node::builder().pipes();
    let opened = ask(&mut server, "tools/call", call("open_tape", json!({}))).await;
    let tape = opened["structuredContent"]["tape_id"].clone();
    let mut clear = call("confirm_clear", json!({ "tape_id": tape }));
    let asked = ask(&mut server, "tools/call", clear.clone()).await;
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    assert_eq!(asked["inputRequests"]["confirm"]["method"], "elicitation/create");
    let yes = json!({ "action": "accept", "content": { "confirm": true } });
    clear["inputResponses"] = json!({ "confirm": yes });
    clear["requestState"] = asked["requestState"].clone();
    let done = ask(&mut server, "tools/call", clear.clone()).await;
    assert_eq!(done["resultType"], "complete", "{done}");
    let again = modern(4, "tools/call", clear).to_string();
    assert_eq!(refused(&mut server, again).await, (-32602, json!(4)));
}

/// Listens for changes of a new tape; its uri.
async fn listen(server: &mut Pipes, id: &str) -> (Value, String) {
    let opened = ask(server, "tools/call", call("open_tape", json!({}))).await;
    let tape = opened["structuredContent"]["tape_id"].clone();
    let uri = tape.as_str().unwrap_or_default();
    let uri = format!("calculator://tapes/{uri}/history");
    let filter = json!({ "notifications": { "resourceSubscriptions": [uri] } });
    server.send(&modern(id, "subscriptions/listen", filter));
    let first = server.message().await;
    assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(first["params"]["_meta"][key("subscriptionId")], id);
    assert_eq!(first["params"]["notifications"]["resourceSubscriptions"][0], uri);
    (tape, uri)
}

/// M024, M110, M112, M117, M118, M184: a listener is ended by a cancellation.
#[tokio::test]
async fn who_listens_on_a_pipe_is_told_until_it_cancels() {
    let mut server = Node::builder().pipes();
    let (tape, uri) = listen(&mut server, "listen:0").await;
    let sum = json!({ "a": 1, "b": 2, "op": "add", "tape_id": tape });
    server.send(&modern(1, "tools/call", call("calculate", sum.clone())));
    let update = server.expect("notifications/resources/updated").await;
    assert_eq!(update["params"]["uri"], uri);
    assert_eq!(update["params"]["_meta"][key("subscriptionId")], "listen:0");
    server.notify("notifications/cancelled", json!({ "requestId": "listen:0" }));
    // The answer to the first call may still be on its way.
    server.send(&modern(2, "tools/call", call("calculate", sum)));
    let mut answered = 0;
    while answered != 2 {
        let message = server.message().await;
        assert!(message.get("method").is_none(), "{message}");
        answered = message["id"].as_i64().unwrap_or_default();
    }
    server.close_input();
    while let Some(line) = server.line().await {
        assert!(!line.contains("updated"), "{line}");
    }
    server.assert_ends(SOON).await;
}

/// M183, M185, A1: what the server ends it cancels, by the id of the request.
#[tokio::test]
async fn a_listener_on_a_pipe_is_told_of_the_end() {
    for is_told_to_stop in [true, false] {
        let mut server = Node::builder().pipes();
        listen(&mut server, "one").await;
        listen(&mut server, "two").await;
        if is_told_to_stop {
            server.terminate();
        } else {
            server.close_input();
        }
        let mut ended = Vec::new();
        while let Some(line) = server.line().await {
            let message: Value = serde_json::from_str(&line).unwrap_or_default();
            assert_eq!(message["method"], "notifications/cancelled", "{message}");
            assert!(message.get("id").is_none(), "{message}");
            ended.push(message["params"]["requestId"].to_string());
        }
        ended.sort_unstable();
        assert_eq!(ended, [r#""one""#, r#""two""#], "by signal: {is_told_to_stop}");
        server.assert_ends(SOON).await;
    }
}

/// M184: a call that was cancelled is not answered, in this era too.
#[tokio::test]
async fn a_stateless_call_that_is_cancelled_is_not_answered() {
    let mut server = fixture().pipes();
    let slow = call("test_slow", json!({ "millis": 60_000 }));
    server.send(&modern("slow", "tools/call", slow));
    server.notify("notifications/cancelled", json!({ "requestId": "slow" }));
    ask(&mut server, "tools/list", json!({})).await;
    server.close_input();
    server.assert_ends(SOON).await;
    assert_eq!(server.line().await, None);
}

/// M185: a listener is told of the end, but not waited for. Nothing is read here,
/// so the pipe and the queue before it are full: 64 KiB and 256 answers. The requests
/// behind them wait in the other pipe.
#[tokio::test]
async fn a_listener_that_does_not_read_does_not_keep_the_server_from_its_end() {
    let mut server = fixture().pipes();
    let watched = json!({ "resourceSubscriptions": ["test://watched-resource"] });
    let filter = json!({ "notifications": watched });
    server.send(&modern("listen", "subscriptions/listen", filter));
    for id in 0..400 {
        server.send(&modern(id, "tools/list", json!({})));
    }
    server.terminate();
    server.wait(Duration::from_secs(9)).await;
}

/// Four ids are in use all the time, so that answers go out while others come.
#[tokio::test]
async fn the_id_of_an_answered_call_may_be_used_again_at_once() {
    let mut server = Node::builder().pipes();
    for id in 0..4 {
        server.send(&modern(id, "server/discover", json!({})));
    }
    for _ in 0..4_000 {
        let answer = server.message().await;
        assert!(answer.get("result").is_some(), "{answer}");
        server.send(&modern(answer["id"].clone(), "server/discover", json!({})));
    }
}

/// M184, L077: a cancellation says nothing of the era, so one id means one call.
#[tokio::test]
async fn an_id_is_used_in_one_era_at_a_time() {
    let slow = json!({ "millis": 60_000 });
    for is_modern_first in [true, false] {
        let mut server = initialized(fixture()).await;
        let mut calls = [
            modern(1, "tools/call", call("test_slow", slow.clone())),
            message(json!(1), "tools/call", call("test_slow", slow.clone())),
        ];
        if !is_modern_first {
            calls.reverse();
        }
        server.send(&calls[0]);
        let second = refused(&mut server, calls[1].to_string()).await;
        assert_eq!(second, (-32600, json!(1)), "modern first: {is_modern_first}");
        server.notify("notifications/cancelled", json!({ "requestId": 1 }));
        server.assert_alive().await;
        server.close_input();
        server.assert_ends(SOON).await;
        assert_eq!(server.line().await, None, "it is not answered");
    }
}
