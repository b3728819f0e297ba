//! What travels on streams, and when there is one at all.

use std::time::Duration;

use mcp_server::events::open_streams::MAX_DISPLACED;
use serde_json::{Value, json};
use suite::{
    Body, Client, Event, Exchange, Node, NodeBuilder, PATIENCE, Program, Stream,
    Transcript, eventually,
};

const JSON: &str = "application/json";
const SSE: &str = "text/event-stream";
const WATCHED: &str = "test://watched-resource";

/// The conformance server; its calls become streams at once.
fn fixture() -> NodeBuilder {
    Node::builder().program(Program::CONFORMANCE).set("SSE_AFTER", 1)
}

/// A client that can be asked anything.
async fn open_minded(node: &Node) -> Client {
    Client::builder()
        .capabilities(json!({ "sampling": {}, "elicitation": {}, "roots": {} }))
        .connect(node)
        .await
}

async fn watch(client: &Client) -> Stream {
    let params = json!({ "uri": WATCHED });
    client.request("resources/subscribe", params).await.result();
    client.listen().await
}

fn has_no_response(exchange: &Exchange) -> bool {
    exchange.messages().iter().all(|message| message.get("method").is_some())
}

/// L045, L048, L089, L090, L094: the caller's own token, of its own type, and
/// growing numbers; then the answer, and the stream ends.
#[tokio::test]
async fn progress_carries_the_callers_token() {
    let node = Node::builder().set("PROGRESS_INTERVAL", 1).start().await;
    let client = node.connect().await;
    for token in [json!("a-token"), json!(0), json!("7")] {
        let steps = json!({ "steps": 4 });
        let call =
            client.start_call_with_progress("demo_progress", steps, token.clone());
        let ended = call.await.rest().await;
        assert_eq!(ended.content_type(), Some(SSE));
        let reports = ended.notifications("notifications/progress");
        assert!(reports.iter().all(|r| r["params"]["progressToken"] == token));
        let progress: Vec<_> =
            reports.iter().map(|r| r["params"]["progress"].as_f64()).collect();
        assert_eq!(progress, [1.0, 2.0, 3.0, 4.0].map(Some));
        assert!(!ended.text().is_empty(), "the answer comes last");
    }
}

/// L046, L089, L092: what belongs to one call is not said to the other.
#[tokio::test]
async fn two_calls_at_once_hear_of_their_own_progress_only() {
    let node = Node::builder().set("PROGRESS_INTERVAL", 20).start().await;
    let client = node.connect().await;
    let start = async |steps: u64, token: &str| {
        let steps = json!({ "steps": steps });
        client.start_call_with_progress("demo_progress", steps, token).await
    };
    let (one, other) = (start(6, "one").await, start(9, "other").await);
    let (one, other) = tokio::join!(one.rest(), other.rest());
    for (ended, token, steps) in [(one, "one", 6), (other, "other", 9)] {
        assert_eq!(ended.text(), format!("all {steps} steps done"));
        let reports = ended.notifications("notifications/progress");
        assert_eq!(reports.len(), steps, "{token}");
        assert!(reports.iter().all(|r| r["params"]["progressToken"] == token));
    }
}

/// L091: each report says what was done.
#[tokio::test]
async fn calculate_reports_three_steps_if_it_is_asked_to() {
    let node = Node::start().await;
    let client = node.connect().await;
    let sum = json!({ "a": 1, "b": 2, "op": "add", "stream": true });
    let call = client.start_call_with_progress("calculate", sum.clone(), "t").await;
    let ended = call.rest().await;
    insta::assert_snapshot!(Transcript::of(&ended));
    let silent = client.call_tool("calculate", sum).await;
    assert_eq!(silent.content_type(), Some(JSON), "no token, nothing to report");
}

/// L041: JSON when it can, a stream when it must.
#[tokio::test]
async fn an_answer_is_a_stream_only_if_it_has_to_be() {
    let node = Node::builder().program(Program::CONFORMANCE).set("SSE_AFTER", 200);
    let node = node.start().await;
    let client = node.connect().await;
    for (tool, millis, media_type, why) in [
        ("test_simple_text", 0, JSON, "quick"),
        ("test_slow", 5, JSON, "quick enough"),
        ("test_slow", 600, SSE, "slow"),
        ("test_tool_with_logging", 0, SSE, "says something on the way"),
    ] {
        let arguments = match tool {
            "test_slow" => json!({ "millis": millis }),
            _ => json!({}),
        };
        let answer = client.call_tool(tool, arguments).await;
        assert_eq!(answer.content_type(), Some(media_type), "{tool} is {why}");
        assert!(!answer.text().is_empty());
    }
}

#[tokio::test]
async fn a_client_gets_the_only_type_that_it_accepts() {
    let node = fixture().start().await;
    let client = node.connect().await;
    let json_only = client.with_accept(JSON);
    let chatty = json_only.call_tool("test_tool_with_logging", json!({})).await;
    assert_eq!(chatty.content_type(), Some(JSON));
    assert_eq!(chatty.messages().len(), 1, "there is room for the answer only");
    let slow = json_only.call_tool("test_slow", json!({ "millis": 50 })).await;
    assert_eq!(slow.content_type(), Some(JSON));

    let stream_only = client.with_accept(SSE);
    let ping = stream_only.ping().await;
    assert_eq!(ping.content_type(), Some(SSE));
    assert_eq!(ping.result(), json!({}));
    let opened = Client::builder().accept(SSE).initialize(&node).await;
    assert_eq!(opened.content_type(), Some(SSE));
    assert!(opened.header("mcp-session-id").is_some());
}

/// L128.
#[tokio::test]
async fn log_messages_below_the_level_are_not_sent() {
    let node = fixture().start().await;
    let client = node.connect().await;
    for (level, sent) in
        [("emergency", 0), ("warning", 0), ("info", 3), ("debug", 3), ("notice", 0)]
    {
        let set =
            client.request("logging/setLevel", json!({ "level": level })).await;
        assert_eq!(set.result(), json!({}));
        let call = client.call_tool("test_tool_with_logging", json!({})).await;
        let logs = call.notifications("notifications/message");
        assert_eq!(logs.len(), sent, "at level {level}");
    }
}

/// L075 to L078.
#[tokio::test]
async fn a_call_that_is_cancelled_ends_its_stream_without_an_answer() {
    let node = fixture().start().await;
    let client = node.connect().await;
    let params = json!({ "name": "test_slow", "arguments": { "millis": 60_000 } });
    let id = client.next_id();
    let message = suite::client::message(id.into(), "tools/call", params);
    let call = client.attempt("POST").json(&message).open().await;
    assert!(call.is_stream());
    assert_eq!(client.cancel(id).await.status, 202);
    let ended = call.rest().await;
    assert!(has_no_response(&ended), "{ended:#?}");

    let again = client.request_as(id, "ping", json!({})).await;
    assert_eq!(again.status, 200, "the id may be used again");
    assert_eq!(client.cancel("nothing").await.status, 202, "an unknown id");
}

/// L081: operators can find out why a call ended early.
#[tokio::test]
async fn the_reason_of_a_cancellation_is_written_to_the_log() {
    let node = fixture().set("LOG_LEVEL", "debug").start().await;
    let client = node.connect().await;
    let id = client.next_id();
    let params = json!({ "name": "test_slow", "arguments": { "millis": 60_000 } });
    let message = suite::client::message(id.into(), "tools/call", params);
    let call = client.attempt("POST").json(&message).open().await;
    let reason = json!({ "requestId": id, "reason": "the user has left" });
    client.notify("notifications/cancelled", reason).await;
    assert!(has_no_response(&call.rest().await));
    let log = node.stop().await;
    let told = log.lines().find(|line| line.contains("the user has left"));
    let hint = &client.session_id()[..8];
    assert!(told.is_some_and(|line| line.contains(hint)), "{log}");
}

/// L043, L202: an event without data would be no message to an older client, and
/// it could not come back with the id.
#[tokio::test]
async fn an_older_client_is_sent_no_priming_event() {
    let node = fixture().start().await;
    for (version, primed) in
        [("2025-11-25", true), ("2025-06-18", false), ("2025-03-26", false)]
    {
        let client = Client::builder().version(version).connect(&node).await;
        let params = json!({ "uri": WATCHED });
        client.request("resources/subscribe", params).await.result();
        let mut stream = client.attempt("GET").open().await;
        let mut call =
            client.start_call("test_slow", json!({ "millis": 50 })).await;
        for opened in [&mut stream, &mut call] {
            let first = opened.event().await.expect("an event");
            assert_eq!(first.message().is_none(), primed, "{version}: {first:?}");
            assert_eq!(first.data.as_deref() == Some(""), primed, "{version}");
        }
    }
}

/// Sends a call that would run for a minute, cancels it, and returns its end.
async fn cancel_before_it_streams(client: &Client) -> Exchange {
    let id = client.next_id();
    let params = json!({ "name": "test_slow", "arguments": { "millis": 60_000 } });
    let call = tokio::spawn({
        let client = client.clone();
        async move { client.request_as(id, "tools/call", params).await }
    });
    // Whether the call has begun cannot be seen, so it is cancelled until it ends.
    eventually("the call ends", PATIENCE, async || {
        client.cancel(id).await;
        call.is_finished().then_some(())
    })
    .await;
    call.await.unwrap_or_else(|error| panic!("no answer: {error}"))
}

/// L077.
#[tokio::test]
async fn a_call_that_is_cancelled_before_it_streamed_ends_empty() {
    let node = fixture().set("SSE_AFTER", 60_000).start().await;
    let client = node.connect().await;
    let ended = cancel_before_it_streams(&client).await;
    assert_eq!((ended.status, ended.content_type()), (200, Some(SSE)));
    assert_eq!(ended.body, Body::Events(Vec::new()));

    let ended = cancel_before_it_streams(&client.with_accept(JSON)).await;
    assert_eq!(ended.content_type(), Some(JSON));
    assert!(ended.error()["code"].is_i64(), "JSON has no empty form");
}

/// L003, L046: three kinds of questions, each where it belongs.
#[tokio::test]
async fn the_client_is_asked_on_the_stream_of_the_call() {
    let node = fixture().start().await;
    let client = open_minded(&node).await;
    let user = json!({ "username": "ada", "email": "a@b.example" });
    let text = json!({ "type": "text", "text": "Paris" });
    for (tool, arguments, method, answer, outcome) in [
        (
            "test_sampling",
            json!({ "prompt": "What is the capital of France?" }),
            "sampling/createMessage",
            json!({ "role": "assistant", "content": text, "model": "m" }),
            "LLM response: Paris",
        ),
        (
            "test_elicitation",
            json!({ "message": "Who are you?" }),
            "elicitation/create",
            json!({ "action": "accept", "content": user }),
            r#"User response: accept, {"email":"a@b.example","username":"ada"}"#,
        ),
        (
            "test_elicitation_sep1034_defaults",
            json!({}),
            "elicitation/create",
            json!({ "action": "decline" }),
            "User response: decline, {}",
        ),
        (
            "test_list_roots",
            json!({}),
            "roots/list",
            json!({ "roots": [{ "uri": "file:///work", "name": "work" }] }),
            "Roots: file:///work",
        ),
    ] {
        let mut call = client.start_call(tool, arguments).await;
        let question = call.expect(method).await;
        assert!(question["id"].is_string() || question["id"].is_i64(), "{tool}");
        assert_eq!(client.answer(&question, answer).await.status, 202, "{tool}");
        assert_eq!(call.rest().await.text(), outcome, "{tool}");
    }
}

/// L004, L079, D010: ids of questions are never used twice in a session, and an
/// answer that nobody waits for is dropped.
#[tokio::test]
async fn every_question_has_an_id_of_its_own_and_one_answer() {
    let node = fixture().start().await;
    let client = open_minded(&node).await;
    let mut calls = Vec::new();
    for _ in 0..3 {
        let mut call = client.start_call("test_list_roots", json!({})).await;
        let question = call.expect("roots/list").await;
        calls.push((question, call));
    }
    for (number, (question, call)) in calls.into_iter().enumerate().rev() {
        let roots = json!({ "roots": [{ "uri": format!("file:///{number}") }] });
        client.answer(&question, roots.clone()).await;
        assert_eq!(call.rest().await.text(), format!("Roots: file:///{number}"));
        let again = client.answer(&question, roots).await;
        assert_eq!(again.status, 202, "nobody waits, it is dropped");
    }
}

/// L027, L032, L143, L158, L163, L165, L171.
#[tokio::test]
async fn a_question_that_gets_no_usable_answer_is_an_error() {
    let node = fixture().start().await;
    let mute = node.connect().await;
    for (tool, arguments) in [
        ("test_sampling", json!({ "prompt": "?" })),
        ("test_elicitation", json!({ "message": "?" })),
        ("test_list_roots", json!({})),
    ] {
        let answer = mute.call_tool(tool, arguments).await;
        assert_eq!(answer.result()["isError"], true, "{tool}: never declared");
        assert_eq!(answer.messages().len(), 1, "{tool}: and never asked");
    }

    let client = open_minded(&node).await;
    let json_only = client.with_accept(JSON);
    let unasked = json_only.call_tool("test_list_roots", json!({})).await;
    assert_eq!(unasked.result()["isError"], true, "no stream, no question");

    let message = json!({ "message": "Who are you?" });
    let mut call = client.start_call("test_elicitation", message.clone()).await;
    let question = call.expect("elicitation/create").await;
    client.refuse(&question, "my secret reason").await;
    let error = call.rest().await.error();
    assert_eq!(error["code"], -32603, "{error}");

    let mut call = client.start_call("test_elicitation", message).await;
    let question = call.expect("elicitation/create").await;
    let wrong = json!({ "action": "accept", "content": { "username": 7 } });
    client.answer(&question, wrong).await;
    let error = call.rest().await.error();
    assert_eq!(error["code"], -32603, "it does not fit the form: {error}");
}

/// L025: no question before the client has finished the handshake. L083: but a ping
/// is answered.
#[tokio::test]
async fn a_client_is_not_asked_before_it_is_initialized() {
    let node = fixture().start().await;
    let builder = Client::builder().capabilities(json!({ "roots": {} }));
    let opened = builder.initialize(&node).await;
    let client = builder.opened(&node, &opened);
    assert_eq!(client.ping().await.result(), json!({}), "a ping is answered");
    let early = client.call_tool("test_list_roots", json!({})).await;
    assert_eq!(early.result()["isError"], true);
    assert_eq!(early.messages().len(), 1);
}

/// D008. rmcp leaves the second call hanging.
#[tokio::test]
async fn an_id_that_is_in_flight_is_refused() {
    let node = fixture().start().await;
    let client = node.connect().await;
    let slow = json!({ "name": "test_slow", "arguments": { "millis": 500 } });
    let message = suite::client::message(json!(77), "tools/call", slow);
    let call = client.attempt("POST").json(&message).open().await;
    let second = client.request_as(77, "ping", json!({})).await;
    assert_eq!((second.status, second.code()), (400, -32600));
    assert_eq!(second.response()["id"], 77);
    let other = client.request_as("77", "ping", json!({})).await;
    assert_eq!(other.status, 200, "a string is another id");
    let foreign = node.connect().await.request_as(77, "ping", json!({})).await;
    assert_eq!(foreign.status, 200, "another session is not concerned");
    assert_eq!(call.rest().await.text(), "That took 500 ms.");
    assert_eq!(client.request_as(77, "ping", json!({})).await.status, 200);
}

/// D015, L049: the tunnel is not the end of the journey.
#[tokio::test]
async fn a_client_that_disconnects_does_not_cancel_its_call() {
    let node = fixture().start().await;
    let client = node.connect().await;
    let mut stream = watch(&client).await;
    let call = client.start_call("test_slow", json!({ "millis": 300 })).await;
    assert!(call.is_stream());
    drop(call);
    let update = stream.expect("notifications/resources/updated").await;
    assert_eq!(update["params"]["uri"], WATCHED, "the call ran to its end");
}

/// The same before the answer has begun.
#[tokio::test]
async fn a_client_that_disconnects_early_does_not_cancel_its_call() {
    let node = fixture().set("SSE_AFTER", 60_000).start().await;
    let client = node.connect().await;
    let mut stream = watch(&client).await;
    let call = client.start_call("test_slow", json!({ "millis": 600 }));
    let gone = tokio::time::timeout(Duration::from_millis(300), call).await;
    assert!(gone.is_err(), "nothing has been answered yet");
    stream.expect("notifications/resources/updated").await;
}

/// A12, L055: the newest stream gets everything. The older one is not told to come
/// back, and not closed: its client would only take the place of the newest one.
#[tokio::test]
async fn a_second_get_takes_the_place_of_the_first() {
    let node = fixture().start().await;
    let client = node.connect().await;
    let mut first = watch(&client).await;
    let mut second = client.listen().await;
    client.call_tool("test_slow", json!({ "millis": 0 })).await;
    second.expect("notifications/resources/updated").await;
    assert_eq!(open_get_streams(&node).await, Some(2.0), "the first one stays");
    client.end_session().await;
    assert_eq!(first.event().await, None, "until the session ends, in silence");
}

async fn open_get_streams(node: &Node) -> Option<f64> {
    node.metric("mcp_streams_open{kind=\"get\"}").await
}

/// A12: so many GET streams that were displaced stay open in a session.
#[tokio::test]
async fn displaced_streams_are_bounded_and_the_oldest_is_closed() {
    let node = fixture().start().await;
    for version in ["2025-11-25", "2025-06-18"] {
        let client = Client::builder().version(version).connect(&node).await;
        let mut streams = Vec::new();
        for _ in 0..MAX_DISPLACED + 3 {
            streams.push(client.listen().await);
        }
        for closed in &mut streams[..2] {
            assert_eq!(closed.event().await, None, "{version}: without a hint");
        }
        eventually("the others stay open", PATIENCE, async || {
            let open = open_get_streams(&node).await;
            (open == Some(MAX_DISPLACED as f64 + 1.0)).then_some(())
        })
        .await;
        client.end_session().await;
        eventually("all are closed", PATIENCE, async || {
            (open_get_streams(&node).await == Some(0.0)).then_some(())
        })
        .await;
    }
}

/// L043, L044: `retry` comes right before the server closes, and only then; there
/// are clients that give up a stream that has it elsewhere.
#[tokio::test]
async fn a_stream_opens_with_an_id_and_empty_data_and_nothing_else() {
    let node = fixture().start().await;
    let client = node.connect().await;
    let mut get = client.attempt("GET").open().await;
    let mut call = client.start_call("test_slow", json!({ "millis": 50 })).await;
    for stream in [&mut get, &mut call] {
        let first = stream.event().await.expect("an event");
        let Event { id, kind, retry, data } = first;
        assert!(id.is_some());
        assert_eq!((kind, retry, data.as_deref()), (None, None, Some("")));
    }
    let rest = call.rest().await;
    let Body::Events(events) = &rest.body else { panic!("{rest:?}") };
    assert!(events.iter().all(|event| event.retry.is_none()), "{events:?}");
}

/// L043: a version without resumption knows no frame without a message.
#[tokio::test]
async fn an_older_client_is_sent_nothing_when_its_node_stops() {
    for version in ["2025-06-18", "2025-03-26"] {
        let node = fixture().set("DRAIN_DELAY", 0).start().await;
        let client = Client::builder().version(version).connect(&node).await;
        let mut stream = client.listen().await;
        node.terminate();
        assert_eq!(stream.event().await, None, "{version}");
    }
}

/// Legal in JSON and in event streams, but there are readers that take each of
/// them for the end of a line.
#[tokio::test]
async fn a_message_on_a_stream_has_no_unusual_line_end() {
    let node = fixture().start().await;
    let client = node.connect().await.with_accept(SSE);
    let id = "nel \u{85} line \u{2028} paragraph \u{2029}";
    let answer = client.request_as(id, "ping", json!({})).await;
    assert_eq!(answer.response()["id"], id);
    let Body::Events(events) = &answer.body else { panic!("{answer:?}") };
    let data = events.last().and_then(|event| event.data.clone());
    let data = data.expect("a message");
    assert!(data.contains(r"nel \u0085 line \u2028 paragraph \u2029"), "{data}");
    assert!(data.is_ascii(), "{data}");
}

/// A proxy that compresses would hold events back.
#[tokio::test]
async fn event_streams_are_neither_stored_nor_transformed() {
    let node = fixture().start().await;
    let client = node.connect().await;
    let get = client.listen().await;
    let call = client.start_call("test_slow", json!({ "millis": 50 })).await;
    let short = client.with_accept(SSE).ping().await;
    for headers in [&get.headers, &call.headers, &short.headers] {
        assert_eq!(headers["cache-control"], "no-store, no-transform");
    }
}

/// L111, L113: a subscription lasts until it is taken back.
#[tokio::test]
async fn subscribers_are_told_of_changes_and_nobody_else() {
    let node = Node::start().await;
    let client = node.connect().await;
    let stranger = node.connect().await;
    let info = format!("session://info/{}", client.session_id());
    let uris = ["calculator://history", "calculator://stats", &info];
    for uri in uris {
        let subscribed =
            client.request("resources/subscribe", json!({ "uri": uri })).await;
        assert_eq!(subscribed.result(), json!({}), "{uri}");
    }
    let mut stream = client.listen().await;
    let mut silent = stranger.listen().await;
    let sum = json!({ "a": 1, "b": 2, "op": "add" });
    client.call_tool("calculate", sum.clone()).await;
    let mut told = Vec::new();
    while told.len() < uris.len() {
        let update = stream.expect("notifications/resources/updated").await;
        let uri = update["params"]["uri"].as_str().unwrap_or_default().to_owned();
        assert!(!told.contains(&uri), "{uri} is announced twice");
        told.push(uri);
    }
    assert!(uris.iter().all(|uri| told.iter().any(|t| t == uri)), "{told:?}");

    for uri in uris {
        client
            .request("resources/unsubscribe", json!({ "uri": uri }))
            .await
            .result();
    }
    client.call_tool("calculate", sum).await;
    stream.assert_silent(Duration::from_millis(1500)).await;
    silent.assert_silent(Duration::from_millis(10)).await;
    let foreign = json!({ "uri": info });
    let refused = stranger.request("resources/subscribe", foreign).await;
    assert_eq!(refused.code(), -32002, "another session's info");
}

/// L034, L051, L052, L053: GET and POST are on one path, and what belongs to a
/// request goes to the stream of that request.
#[tokio::test]
async fn no_answer_is_sent_on_the_get_stream() {
    let node = fixture().start().await;
    let client = node.connect().await;
    let mut stream = client.listen().await;
    assert!(stream.is_stream());
    client.call_tool("test_tool_with_logging", json!({})).await.text();
    client.call_tool("test_slow", json!({ "millis": 50 })).await.text();
    stream.assert_silent(Duration::from_millis(100)).await;
}

/// L047, L065.
#[tokio::test]
async fn the_end_of_a_session_ends_its_streams() {
    let node = fixture().start().await;
    let client = node.connect().await;
    let mut stream = client.listen().await;
    let call = client.start_call("test_slow", json!({ "millis": 60_000 })).await;
    assert_eq!(client.end_session().await.status, 204);
    assert_eq!(stream.event().await, None, "the GET stream");
    assert!(has_no_response(&call.rest().await), "the call's stream");
}

/// D018. In rmcp one reader that stalls blocks every call of its session.
#[tokio::test]
async fn a_reader_that_stalls_delays_nobody_and_is_cut_off() {
    let node = fixture().start().await;
    let client = node.connect().await;
    let mut stream = watch(&client).await;
    // More than the queue and the sockets between the two can hold.
    let flood = json!({ "messages": 2000, "bytes": 20_000 });
    let stalled = client.start_call("test_flood", flood).await;
    assert!(stalled.is_stream());
    for _ in 0..10 {
        let ping = client.ping().await;
        assert!(ping.took < Duration::from_millis(500), "{:?}", ping.took);
        let call = client.call_tool("test_tool_with_logging", json!({})).await;
        assert_eq!(call.notifications("notifications/message").len(), 3);
    }
    // The call itself is not delayed either: it runs to its end unread.
    stream.expect("notifications/resources/updated").await;
    match stalled.try_rest().await {
        Ok(ended) => assert!(has_no_response(&ended), "it missed messages"),
        Err(broken) => assert!(broken.is_body() || broken.is_decode(), "{broken}"),
    }
}

/// L005: what comes back in a stream repeats the id as it was given.
#[tokio::test]
async fn ids_come_back_as_they_were_given() {
    let node = fixture().start().await;
    let client = node.connect().await;
    let params = json!({ "name": "test_tool_with_logging" });
    for id in [json!(0), json!("0"), json!(""), json!(1_790_000_000_123_u64)] {
        for method in ["ping", "tools/call", "no/such/method"] {
            let answer =
                client.request_as(id.clone(), method, params.clone()).await;
            assert_eq!(answer.response()["id"], id, "{method}");
        }
    }
    let large: Value = json!(i64::MIN);
    assert_eq!(
        client.request_as(large.clone(), "ping", json!({})).await.response()["id"],
        large
    );
}
