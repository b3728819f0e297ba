//! What the reference service claims and does not do, with the opposite
//! outcome. Its other claims have stories elsewhere: any node serves any session
//! and deleted means gone (`sessions`), persistent history (`sessions`), errors
//! never escape (`ladder`, `malformed`), health (`faults`), progress and
//! cancellation (`streams`), the history resource (`calculator`).

use std::time::Duration;

use serde_json::{Value, json};
use suite::{Client, Cluster, Node, PATIENCE, Program, RedisServer, eventually};

/// Claim: zero-downtime deploys. There, open streams keep the process alive with
/// its listener closed. Here the stream is told to come back, and the node goes.
#[tokio::test]
async fn an_open_stream_does_not_keep_a_node_from_stopping() {
    let mut node = Node::start().await;
    let client = node.connect().await;
    let mut stream = client.listen().await;
    node.terminate();
    let farewell = stream.event().await.expect("a last event");
    assert!(farewell.retry.is_some(), "{farewell:?}");
    assert_eq!(stream.event().await, None);
    let status = node.wait(Duration::from_secs(5)).await;
    assert!(status.success(), "{status}: {}", node.stderr());
}

/// The same claim, for a call that is running.
#[tokio::test]
async fn a_running_call_is_answered_before_its_node_stops() {
    let mut node = Node::builder().set("PROGRESS_INTERVAL", 50).start().await;
    let client = node.connect().await;
    let steps = json!({ "steps": 20 });
    let call = client.start_call("demo_progress", steps).await;
    node.terminate();
    assert!(!call.rest().await.text().is_empty());
    let status = node.wait(Duration::from_secs(5)).await;
    assert!(status.success(), "{status}: {}", node.stderr());
}

/// Connections without a request: a new one, and one that is kept alive.
#[tokio::test]
async fn idle_connections_do_not_keep_a_node_from_stopping() {
    let mut node = Node::start().await;
    let _new = tokio::net::TcpStream::connect(node.address()).await;
    let client = node.connect().await;
    assert_eq!(client.ping().await.status, 200);
    node.terminate();
    let status = node.wait(Duration::from_secs(5)).await;
    assert!(status.success(), "{status}: {}", node.stderr());
}

/// An operator who does not want to wait sends the signal again.
#[tokio::test]
async fn a_second_signal_ends_the_drain() {
    let mut node = Node::builder().program(Program::CONFORMANCE).start().await;
    let client = node.connect().await;
    let call = client.start_call("test_slow", json!({ "millis": 60_000 })).await;
    node.terminate();
    eventually("it drains", PATIENCE, async || {
        node.stderr().contains("no new connections").then_some(())
    })
    .await;
    node.terminate();
    let status = node.wait(Duration::from_secs(5)).await;
    assert!(status.success(), "{status}: {}", node.stderr());
    assert!(call.try_rest().await.is_err(), "the call is lost");
}

/// While a node drains it says so, and still serves.
#[tokio::test]
async fn a_node_that_drains_is_not_ready_but_serves() {
    let mut node = Node::builder().set("DRAIN_DELAY", 1000).start().await;
    let client = node.connect().await;
    assert_eq!(node.get("/readyz").await.status, 200);
    node.terminate();
    eventually("the node is not ready", PATIENCE, async || {
        (node.get("/readyz").await.status == 503).then_some(())
    })
    .await;
    assert_eq!(client.ping().await.status, 200, "sessions that it has");
    let opened = Client::builder().initialize(&node).await;
    assert_eq!(opened.status, 503, "new ones could not outlive it");
    assert!(opened.header("retry-after").is_some());
    assert!(node.wait(Duration::from_secs(5)).await.success());
}

/// L059. Claim: isolated sessions. There, session 2 can replay session 1's events.
#[tokio::test]
async fn an_event_id_that_is_not_ones_own_replays_nothing() {
    let node = Node::start().await;
    let client = node.connect().await;
    for id in ["1", "0-0", "11111111-2222-4333-8444-555555555555.1-0"] {
        let resumed =
            client.attempt("GET").header("last-event-id", id).send().await;
        assert_eq!((resumed.status, resumed.code()), (400, -32600), "{id}");
    }
}

/// Claim: deleted means gone. There, the gauge of active sessions goes to −1.
#[tokio::test]
async fn the_gauge_of_active_sessions_is_right_on_every_node() {
    let cluster = Cluster::with_redis(2).await;
    let first = cluster.node(0).connect().await;
    let second = cluster.node(1).connect().await;
    let both = async |expected: f64| {
        // An answer of storage is shared for a second.
        for node in &cluster.nodes {
            let what = format!("{expected} at {}", node.url());
            eventually(&what, PATIENCE, async || {
                let found = node.metric("mcp_active_sessions").await;
                (found == Some(expected)).then_some(())
            })
            .await;
        }
    };
    both(2.0).await;
    first.at(cluster.node(1)).end_session().await;
    both(1.0).await;
    first.end_session().await;
    second.at(cluster.node(0)).end_session().await;
    second.end_session().await;
    both(0.0).await;
}

/// Claim: configurable. There, `CORS_ORIGIN` refuses the very origin it names.
#[tokio::test]
async fn a_configured_origin_is_allowed_and_another_is_not() {
    let node = Node::builder()
        .set("CORS_ORIGIN", "https://app.example,https://other.example")
        .start()
        .await;
    let client = node.connect().await;
    let ping = client.attempt("POST").json(&suite::client::message(
        json!(1),
        "ping",
        json!({}),
    ));
    for origin in ["https://app.example", "https://other.example"] {
        let answer = ping.clone().header("origin", origin).send().await;
        assert_eq!(answer.status, 200, "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
        let exposed = answer.header("access-control-expose-headers");
        let exposed = exposed.unwrap_or_default().to_lowercase();
        assert!(exposed.contains("mcp-session-id"), "exposed: {exposed}");
    }
    let lost = ping
        .clone()
        .header("origin", "https://app.example")
        .header("mcp-session-id", "11111111-2222-4333-8444-555555555555")
        .send()
        .await;
    let allowed = lost.header("access-control-allow-origin");
    assert_eq!((lost.status, allowed), (404, Some("https://app.example")));
    for origin in ["https://evil.example", "https://app.example.evil", "null"] {
        let answer = ping.clone().header("origin", origin).send().await;
        assert_eq!(answer.status, 403, "{origin}");
    }
}

/// There, `REDIS_URL` has no effect.
#[tokio::test]
async fn nodes_share_sessions_only_if_they_share_redis() {
    let (one, other) = (RedisServer::start().await, RedisServer::start().await);
    let here = Node::builder().redis(&one).start().await;
    let there = Node::builder().redis(&other).start().await;
    let client = here.connect().await;
    assert_eq!(client.at(&there).ping().await.status, 404);
    assert_eq!(client.ping().await.status, 200);
}

/// There, `LOG_LEVEL` has no effect.
#[tokio::test]
async fn the_log_says_more_if_it_is_asked_to() {
    let logged = async |level: &str| {
        let node = Node::builder().set("LOG_LEVEL", level).start().await;
        let client = node.connect().await;
        client.request("no/such/method", json!({})).await;
        client.end_session().await;
        node.stop().await
    };
    let (info, debug) = (logged("info").await, logged("debug").await);
    assert!(!info.contains("DEBUG"), "{info}");
    assert!(debug.contains("DEBUG"), "{debug}");
}

#[tokio::test]
async fn the_log_is_json_if_it_is_asked_to_be() {
    let node = Node::builder().set("LOG_FORMAT", "json").start().await;
    node.connect().await;
    let log = node.stop().await;
    assert!(log.contains("opened"), "{log}");
    for line in log.lines() {
        let parsed = serde_json::from_str::<Value>(line);
        assert!(parsed.is_ok_and(|line| line.is_object()), "{line}");
    }
}

/// L188: secrets stay out of the log, whatever is in the settings.
#[tokio::test]
async fn the_log_holds_no_secrets() {
    let token = "alice-has-a-long-token";
    let node = Node::builder()
        .set("API_TOKENS", format!("alice={token}"))
        .set("LOG_LEVEL", "debug")
        .start()
        .await;
    let client = Client::builder().token(token).connect(&node).await;
    client.call_tool("calculate", json!({ "a": 1, "b": 2, "op": "add" })).await;
    client.with_token("a-wrong-token").ping().await;
    let log = node.stop().await;
    assert!(log.contains("opened"), "{log}");
    for secret in [token, "a-wrong-token"] {
        assert!(!log.contains(secret), "{log}");
    }
}

/// Claim: bounded memory. There, factorial(2e8) ends the process.
#[tokio::test]
async fn a_factorial_that_nobody_could_write_down_is_refused_at_once() {
    let node = Node::start().await;
    let client = node.connect().await;
    let arguments = json!({ "operation": "factorial", "value": 2e8 });
    let answer = client.call_tool("advanced_calculate", arguments).await;
    assert!(answer.failure().contains("value"));
    assert!(answer.took < Duration::from_secs(1), "{:?}", answer.took);
}

/// There, 200 rejected `initialize` requests leave 200 sessions.
#[tokio::test]
async fn a_handshake_that_is_refused_leaves_no_session() {
    let node = Node::start().await;
    let full = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": { "name": "peers", "version": "1" },
    });
    for number in 0..200 {
        let mut params = full.clone();
        let members = ["protocolVersion", "capabilities", "clientInfo"];
        match number % 4 {
            3 => params["clientInfo"]["name"] = "x".repeat(10_000).into(),
            missing => params[members[missing]] = Value::Null,
        }
        let body = suite::client::message(json!(number), "initialize", params);
        let answer = node.attempt("POST").json(&body).send().await;
        assert_eq!((answer.status, answer.code()), (400, -32602), "{number}");
        assert_eq!(answer.header("mcp-session-id"), None);
    }
    assert_eq!(node.metric("mcp_active_sessions").await, Some(0.0));
    node.assert_alive().await;
}

/// Eleven kinds of requests end the reference service's process.
#[tokio::test]
async fn no_request_ends_the_process() {
    let node = Node::start().await;
    let client = node.connect().await;
    let list = suite::client::message(json!(1), "tools/list", json!({}));
    let unknown = "11111111-2222-4333-8444-555555555555";
    let post = node.attempt("POST").json(&list);
    let gone = node.connect().await;
    gone.end_session().await;
    for attempt in [
        post.clone(),
        post.clone().header("mcp-session-id", unknown),
        post.clone().header("mcp-session-id", "x"),
        gone.attempt("POST").json(&list),
        gone.attempt("GET"),
        gone.attempt("DELETE"),
        node.attempt("GET"),
        node.attempt("DELETE"),
        client.attempt("POST").json(&json!([list, list])),
        client.attempt("POST").json(&list).header("content-type", "text/plain"),
        client.attempt("POST").body("{"),
    ] {
        let refused = attempt.send().await;
        assert!((400..500).contains(&refused.status), "{refused:#?}");
    }
    assert_eq!(client.ping().await.status, 200);
}

/// L009, L110: a handler that panics fails its own request, tells nothing, and
/// operators learn of it.
#[tokio::test]
async fn a_panic_is_one_failed_request() {
    let node = Node::builder().program(Program::CONFORMANCE).start().await;
    let client = node.connect().await;
    for accept in [suite::http::BOTH, "application/json", "text/event-stream"] {
        let client = client.with_accept(accept);
        let error = client.call_tool("test_panic", json!({})).await.error();
        let internal = json!({ "code": -32603, "message": "internal error" });
        assert_eq!(error, internal, "{accept}");
    }
    assert_eq!(node.metric("mcp_panics_total").await, Some(3.0));
    assert_eq!(client.ping().await.status, 200);
    let log = node.stop().await;
    let told = log.matches("ERROR the handler panicked").count();
    assert_eq!(told, 3, "{log}");
}

#[tokio::test]
async fn an_error_is_logged_once() {
    let node = Node::builder().set("LOG_LEVEL", "debug").start().await;
    let client = node.connect().await;
    client.request("no/such/method", json!({})).await;
    client.with_accept("text/event-stream").request("no/such", json!({})).await;
    let log = node.stop().await;
    assert_eq!(log.matches("method not found").count(), 2, "{log}");
}

#[tokio::test]
async fn the_handshake_is_counted_among_the_requests() {
    let node = Node::start().await;
    let client = node.connect().await;
    client.request("initialize", json!({})).await.error();
    let count = async |outcome: &str| {
        let labels = format!("method=\"initialize\",outcome=\"{outcome}\"");
        node.metric(&format!("mcp_requests_total{{{labels}}}")).await
    };
    assert_eq!(count("ok").await, Some(1.0));
    assert_eq!(count("refused").await, Some(1.0));
}

/// A call that is wrong in very many ways is not answered with all of them.
#[tokio::test]
async fn an_answer_is_not_many_times_longer_than_its_request() {
    let node = Node::start().await;
    let client = node.connect().await;
    let wrong = json!({ "calculations": vec![1; 10_000] });
    let rules = client.call_tool("batch_calculate", wrong).await.failure();
    assert!(rules.contains("calculations"), "{rules}");
    assert!(rules.len() < 2_000, "{} bytes", rules.len());
}
