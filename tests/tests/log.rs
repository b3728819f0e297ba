//! A log that cannot be written loses lines, and nothing else. What is written of
//! the values of callers is short, and no whole id is in it.

use std::time::Duration;

use serde_json::{Value, json};
use suite::client::message;
use suite::{
    Caller, Client, Node, NodeBuilder, PATIENCE, Pipes, RedisServer, Stderr,
    eventually,
};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// How often each server is called.
const CALLS: usize = 1_000;

/// For all the calls, on a machine that does other things too.
const LONG: Duration = Duration::from_secs(120);

/// Enough for an end that waits for the last lines of the log in vain.
const SOON: Duration = Duration::from_secs(5);

const BROKEN: [Stderr; 3] = [Stderr::Closed, Stderr::Full, Stderr::Unread];

fn add() -> Value {
    json!({ "a": 1, "b": 2, "op": "add" })
}

/// A server that logs each request, and whose log goes there.
fn talkative(stderr: Stderr) -> NodeBuilder {
    Node::builder().set("LOG_LEVEL", "debug").stderr(stderr)
}

async fn call_often(client: &Client) {
    for number in 0..CALLS {
        let answer = client.call_tool("calculate", add()).await;
        assert_eq!(answer.text(), "1 add 2 = 3", "call {number}");
    }
}

/// Lines without an answer, each of which leads to a long line of the log.
async fn cancel_often(client: &Client) {
    let nobody = json!({
        "jsonrpc": "2.0",
        "method": "notifications/cancelled",
        "params": { "requestId": "none", "reason": "x".repeat(300) },
    });
    for _ in 0..CALLS {
        assert_eq!(client.post(&nobody).await.status, 202);
    }
}

#[tokio::test]
async fn http_is_served_whatever_becomes_of_the_log() {
    for stderr in BROKEN {
        let mut node = talkative(stderr).start().await;
        let client = node.connect().await;
        let calls = async {
            call_often(&client).await;
            cancel_often(&client).await;
            client.call_tool("no_such_tool", json!({})).await.code();
            assert_eq!(node.get("/livez").await.status, 200, "{stderr:?}");
            assert_eq!(client.end_session().await.status, 204, "{stderr:?}");
        };
        let served = timeout(LONG, calls).await;
        assert!(served.is_ok(), "{stderr:?}: it stands still");
        assert_eq!(node.metric("mcp_panics_total").await, Some(0.0));
        if stderr != Stderr::Unread {
            let lost = node.metric("mcp_log_lines_lost_total").await;
            assert!(lost > Some(1_000.0), "{stderr:?}: {lost:?}");
        }
        node.terminate();
        let status = node.wait(SOON).await;
        assert!(status.success(), "{stderr:?}: {status}");
    }
}

/// The bound is on memory; the count tells an operator that something is missing.
#[tokio::test]
async fn lines_that_were_lost_are_counted_and_told_when_there_is_room_again() {
    let mut node =
        talkative(Stderr::Unread).set("LOG_FORMAT", "json").start().await;
    let client = Client::builder().version("2025-03-26").connect(&node).await;
    let refused: Vec<Value> =
        (0..50).map(|id| message(json!(id), "no/such", json!({}))).collect();
    eventually("lines are lost", LONG, async || {
        assert_eq!(client.post(&json!(refused)).await.status, 200);
        let lost = node.metric("mcp_log_lines_lost_total").await;
        lost.filter(|lost| *lost > 0.0)
    })
    .await;
    node.read_stderr();
    eventually("the loss is told", PATIENCE, async || {
        node.stderr().contains(" lines lost\"").then_some(())
    })
    .await;
    let lost = node.metric("mcp_log_lines_lost_total").await.unwrap_or_default();
    node.terminate();
    assert!(node.wait(PATIENCE).await.success());
    eventually("the last lines arrive", PATIENCE, async || {
        node.stderr().contains("drained").then_some(())
    })
    .await;
    let log = node.stderr();
    let told: f64 = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or(Value::Null))
        .inspect(|line| assert!(line.is_object(), "a line is whole: {log}"))
        .filter_map(|line| {
            let message = line["message"].as_str()?;
            message.strip_suffix(" lines lost")?.parse::<f64>().ok()
        })
        .sum();
    assert!(told >= lost && told > 0.0, "told {told}, lost {lost}");
}

#[tokio::test]
async fn stdio_is_served_whatever_becomes_of_the_log() {
    for stderr in BROKEN {
        let mut server = talkative(stderr).pipes();
        let calls = async {
            server.handshake("2025-11-25", json!({})).await;
            for number in 0..CALLS {
                server.call(number, "calculate", add());
                let answer = server.response().await;
                assert_eq!(answer["id"], number, "{stderr:?}: {answer}");
                assert!(answer["result"].is_object(), "{stderr:?}: {answer}");
                server.notify("notifications/cancelled", reason(number));
            }
            server.assert_alive().await;
        };
        let served = timeout(LONG, calls).await;
        assert!(served.is_ok(), "{stderr:?}: it stands still");
        server.close_input();
        server.assert_ends(SOON).await;
        assert_eq!(server.line().await, None, "L071: nothing but messages");
    }
}

fn reason(call: usize) -> Value {
    json!({ "requestId": call, "reason": "x".repeat(200) })
}

/// The log is full before the first answer is written.
#[tokio::test]
async fn a_parent_that_reads_nothing_is_served_and_let_go() {
    let mut server = talkative(Stderr::Unread).pipes();
    let open = |server: &mut Pipes| {
        let params = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": { "name": "suite", "version": "1.0.0" },
        });
        server.request("handshake", "initialize", params);
        server.notify("notifications/initialized", json!({}));
    };
    let written = spawn_blocking(move || {
        open(&mut server);
        for number in 0..CALLS {
            server.notify("notifications/cancelled", reason(number));
        }
        // As many answers as a pipe holds, and some more.
        for number in 0..CALLS / 2 {
            server.call(number, "calculate", add());
        }
        server
    });
    let Ok(Ok(mut server)) = timeout(LONG, written).await else {
        panic!("the server does not read, or has ended");
    };
    server.terminate();
    server.assert_ends(PATIENCE).await;
}

/// A parent learns why from the exit status, if from nothing else.
#[tokio::test]
async fn a_start_that_fails_says_so_whatever_becomes_of_the_log() {
    let taken = Node::start().await;
    let port = taken.address().port();
    for stderr in BROKEN {
        let bad = Node::builder().set("PORT", "none").stderr(stderr);
        assert_eq!(bad.run_to_end(SOON).await.0.code(), Some(2), "{stderr:?}");
        let second = Node::builder().set("PORT", port).stderr(stderr);
        assert_eq!(second.run_to_end(SOON).await.0.code(), Some(1), "{stderr:?}");
        for (option, code) in [("--no-such", 2), ("--healthcheck", 1)] {
            let node = Node::builder().set("PORT", 1).stderr(stderr);
            let status = node.pipes_with(&[option]).wait(SOON).await;
            assert_eq!(status.code(), Some(code), "{stderr:?} {option}");
        }
    }
}

/// L188: whoever reads the log must not be able to use the sessions in it.
#[tokio::test]
async fn no_line_of_the_log_is_long_or_holds_a_whole_id() {
    let redis = RedisServer::start().await;
    for format in ["text", "json"] {
        let nodes = [(); 2].map(|()| talkative(Stderr::Kept).redis(&redis));
        let [here, there] = nodes.map(|node| node.set("LOG_FORMAT", format));
        let (here, there) = (here.start().await, there.start().await);
        let mut ids = Vec::new();
        for long in ["x", "é", "\n", "\x1b[31m"] {
            let client = here.connect().await;
            ids.push(client.session_id().to_owned());
            let reason = long.repeat(150_000);
            let params = json!({ "requestId": 1, "reason": reason });
            client.notify("notifications/cancelled", params).await;
            let named = client.at(&there);
            named.request(&reason, json!({})).await;
            named.call_tool(&reason, json!({})).await;
            named.call_tool("calculate", json!({ &*reason: 1 })).await;
            named.read(&format!("session://{}/{reason}", ids[0])).await;
            let caller = Caller::new(&here);
            ids.push(caller.open_tape().await);
            let tape = ids.last().cloned().unwrap_or_default();
            caller.at(&there).read(&format!("calculator://tapes/{tape}/")).await;
            let arguments = json!({ "tape_id": tape });
            caller.call_tool("close_tape", arguments.clone()).await;
            caller.call_tool("close_tape", arguments).await;
            client.listen().await;
            client.end_session().await;
        }
        for log in [here.stop().await, there.stop().await] {
            let longest = log.lines().map(str::len).max().unwrap_or_default();
            assert!((50..2_000).contains(&longest), "{longest} bytes");
            assert!(!log.contains('\x1b'), "{log}");
            for id in &ids {
                assert!(!log.contains(&id[..20]), "{id} in {log}");
            }
            let is_event = |line: &str| line.contains("Z ") || line.contains("Z\"");
            assert!(log.lines().all(is_event), "a line of somebody's: {log}");
        }
    }
}
