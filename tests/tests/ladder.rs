//! Who is refused, why, and in which order the reasons are looked for: one request
//! may break several rules. The steps are those of the book's page on the eras.

use serde_json::{Value, json};
use suite::Outcome::{NotAllowed, NotSpoken, Refused, Session};
use suite::client::message;
use suite::modern::{VERSION, key};
use suite::probe::assert_all;
use suite::{Attempt, Caller, Client, Node, Probe, Program};

const UNKNOWN: &str = "11111111-2222-4333-8444-555555555555";

fn initialize(version: &str) -> Value {
    let params = json!({
        "protocolVersion": version,
        "capabilities": {},
        "clientInfo": { "name": "ladder", "version": "1.0.0" },
    });
    message(json!(1), "initialize", params)
}

fn request(id: impl Into<Value>, method: &str) -> Value {
    message(id.into(), method, json!({}))
}

fn post(node: &Node, body: &Value) -> Attempt {
    node.attempt("POST").json(body)
}

fn version(attempt: Attempt, version: &str) -> Attempt {
    attempt.header("mcp-protocol-version", version)
}

/// L021 to L024.
#[tokio::test]
async fn initialize_opens_a_session_of_the_version_that_it_names() {
    let node = Node::start().await;
    let asked = |version| {
        Probe::new(version, post(&node, &initialize(version)), Session(version))
    };
    assert_all(&node, ["2025-11-25", "2025-06-18", "2025-03-26"].map(asked).into())
        .await;
}

/// L003, L009, L033; M002, M003, M005.
#[tokio::test]
async fn a_body_that_is_no_message_is_refused() {
    let node = Node::start().await;
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let body = |sent, body: &[u8], code| {
        Probe::new(sent, node.attempt("POST").body(body), Refused(400, code))
    };
    let json = |sent, json: Value| {
        Probe::new(sent, post(&node, &json), Refused(400, -32600))
    };
    let array = post(&node, &json!([request(1, "ping")]));
    let probes = vec![
        body("not UTF-8", b"\"\xff\xfe\"", -32700),
        body("too deep", deep.as_bytes(), -32700),
        body("a number", b"17", -32600),
        body("an empty array", b"[]", -32600),
        json("a fraction as id", request(1.5, "ping")),
        json("true as id", request(true, "ping")),
        json(
            "another JSON-RPC",
            json!({"jsonrpc": "1.0", "id": 4, "method": "ping"}),
        ),
        json("neither method nor result", json!({"jsonrpc": "2.0", "id": "x"})),
        Probe::new(
            "an array, then the version",
            version(array, VERSION),
            Refused(400, -32600),
        ),
    ];
    assert_all(&node, probes).await;
}

/// An id that cannot be one is as unknown as any other: L064.
#[tokio::test]
async fn a_session_id_that_cannot_be_is_unknown() {
    let node = Node::start().await;
    let list = post(&node, &request(3, "tools/list"));
    let nonsense = list.header("mcp-session-id", "../../etc/passwd");
    assert_all(&node, vec![Probe::new("nonsense", nonsense, Refused(404, -32600))])
        .await;
}

/// `Allow` says what would have worked.
#[tokio::test]
async fn a_method_that_the_endpoint_does_not_have_is_405() {
    let node = Node::start().await;
    let probe = |method| {
        Probe::new(method, node.attempt(method), NotAllowed("GET, POST, DELETE"))
    };
    assert_all(&node, ["PATCH", "HEAD"].map(probe).into()).await;
}

/// M045, M046; L035, L036. A page of another site may not use a local server.
#[tokio::test]
async fn a_foreign_host_or_origin_is_403_for_every_method() {
    let node = Node::start().await;
    let opened = post(&node, &initialize("2025-11-25"));
    let foreign = |method: &'static str| {
        let attempt = match method {
            "POST" => opened.clone(),
            _ => node.attempt(method),
        };
        let attempt = attempt.header("origin", "http://evil.example");
        Probe::new(method, attempt, Refused(403, -32600))
    };
    let host = opened.clone().header("host", "evil.example");
    let mut probes: Vec<Probe> =
        ["POST", "GET", "DELETE", "OPTIONS"].map(foreign).into();
    probes.push(Probe::new("Host", host, Refused(403, -32600)));
    assert_all(&node, probes).await;

    let own = format!("http://{}", node.address());
    let answer = opened.header("origin", own).send().await;
    assert_eq!(answer.status, 200, "the server's own origin");
}

/// Steps 1 to 4 of the ladder. Each request breaks the rule of its step and
/// those of all later steps; the first broken rule is the one that is named.
#[tokio::test]
async fn guards_come_in_this_order_origin_method_token_rate() {
    let node = Node::builder()
        .set("API_TOKENS", "alice=alice-has-a-long-token")
        .set("RATE_LIMIT_MAX", 1)
        .start()
        .await;
    let client = Client::builder().token("alice-has-a-long-token");
    let first = client.initialize(&node).await;
    assert_eq!(first.status, 200, "the only request that the limit allows");

    let text = node.attempt("POST").header("content-type", "text/plain");
    let known = text.header("authorization", "Bearer alice-has-a-long-token");
    let limited = known.clone().send().await;
    assert_eq!(limited.status, 429, "4: before the content type");
    let wait = limited.header("retry-after").and_then(|s| s.parse::<u64>().ok());
    assert!(wait.is_some_and(|seconds| seconds >= 1), "Retry-After: {wait:?}");

    let stranger = known.without("authorization");
    let refused = stranger.clone().send().await;
    assert_eq!(refused.status, 401, "3: before the rate");
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));

    let put = node.attempt("PUT");
    assert_eq!(put.clone().send().await.status, 405, "2: before the token");
    let foreign = put.header("origin", "http://evil.example").send().await;
    assert_eq!(foreign.status, 403, "1: before the method");

    let livez = node.get("/livez").await;
    assert_eq!(livez.status, 200, "probes are not limited");
}

#[tokio::test]
async fn a_plain_options_request_is_told_the_methods() {
    let node = Node::start().await;
    let answer = node.attempt("OPTIONS").send().await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("allow"), Some("GET, POST, DELETE"));
}

/// A preflight carries no token, and cannot.
#[tokio::test]
async fn a_preflight_is_answered_before_the_token_is_asked_for() {
    let node = Node::builder()
        .set("API_TOKENS", "alice=alice-has-a-long-token")
        .set("CORS_ORIGIN", "https://app.example")
        .start()
        .await;
    let answer = node
        .attempt("OPTIONS")
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "mcp-session-id,authorization")
        .send()
        .await;
    assert!((200..300).contains(&answer.status), "status {}", answer.status);
    let allowed = answer.header("access-control-allow-origin");
    assert_eq!(allowed, Some("https://app.example"));
    let age = answer.header("access-control-max-age");
    assert_eq!(age, Some("7200"), "it is not sent before every call");
}

/// Step 7, in the same way: what is wrong with any body, then the era.
#[tokio::test]
async fn a_post_is_looked_at_in_this_order_type_size_json_shape_era() {
    let node = Node::builder().set("MAX_BODY", 1000).start().await;
    let unknown = node.attempt("POST").header("mcp-session-id", UNKNOWN);
    let long = unknown.clone().body("[".repeat(2000));
    let text = long.clone().header("content-type", "text/plain");
    let lost = unknown.clone().json(&request(5, "tools/list"));
    let mut claim = request(5, "tools/list");
    claim["params"]["_meta"] = json!({ key("protocolVersion"): "2027-01-01" });
    let probe = |sent, attempt, status, code| {
        Probe::new(sent, attempt, Refused(status, code))
    };
    let probes = vec![
        probe("the type, then the size", text, 415, -32600),
        probe("the size, then JSON", long, 413, -32600),
        probe("JSON, then the session", unknown.clone().body("{"), 400, -32700),
        probe(
            "the shape, then the session",
            unknown.clone().json(&request(Value::Null, "ping")),
            400,
            -32600,
        ),
        probe("the era, then the session", unknown.json(&claim), 400, -32602),
        Probe::new(
            "the version, then the session",
            version(lost, "2027-01-01"),
            NotSpoken("2027-01-01"),
        ),
    ];
    assert_all(&node, probes).await;

    let get =
        version(node.attempt("GET"), VERSION).header("mcp-session-id", UNKNOWN);
    assert_eq!(get.send().await.status, 405, "the era of a GET, then its session");
}

/// Step 9, in the same way: M018, M033, M061 to M066, M069, M154, A8.
#[tokio::test]
async fn a_stateless_request_is_looked_at_in_this_order() {
    let node = Node::builder().program(Program::CONFORMANCE).start().await;
    let caller = Caller::new(&node);
    let all_wrong = |version: &str| {
        caller
            .with_accept("text/plain")
            .with_meta(&key("protocolVersion"), json!(version))
            .with_meta(&key("logLevel"), json!("loud"))
    };
    let no_method = |caller: &Caller| {
        let message = caller.message_as(5, "no/such/method", json!({}));
        caller.attempt(&message)
    };
    let old = all_wrong("2027-01-01");
    let mute = old.without_meta(&key("clientCapabilities"));
    let now = all_wrong(VERSION);
    let other = |attempt| version(attempt, "2025-11-25").without("mcp-method");

    let wrong = json!({ "value": "one" });
    let wrong = json!({ "name": "test_custom_header", "arguments": wrong });
    let call = |caller: &Caller| {
        let message = caller.message_as("five", "tools/call", wrong.clone());
        caller.attempt(&message).header("mcp-param-value", "two")
    };
    let picky = caller.with_accept("text/plain");
    let nobody = json!({ "name": "nobody", "arguments": {} });
    let nobody = picky.attempt(&picky.message_as(5, "tools/call", nobody));
    let probe = |sent, attempt, status, code| {
        Probe::new(sent, attempt, Refused(status, code))
    };
    let probes = vec![
        probe(
            "the envelope, then the header",
            other(no_method(&mute)),
            400,
            -32602,
        ),
        probe("the header, then the version", other(no_method(&old)), 400, -32020),
        Probe::new(
            "the version, then Mcp-Method",
            no_method(&old).without("mcp-method"),
            NotSpoken("2027-01-01"),
        ),
        probe(
            "Mcp-Method, then the method",
            no_method(&now).without("mcp-method"),
            400,
            -32020,
        ),
        probe("the method, then the log level", no_method(&now), 404, -32601),
        probe(
            "Mcp-Name, then the log level",
            call(&now).header("mcp-name", "nobody"),
            400,
            -32020,
        ),
        probe("the log level, then Accept", call(&now), 400, -32602),
        probe("Accept, then Mcp-Param", call(&picky), 406, -32600),
        probe("Accept, then the tool", nobody, 406, -32600),
        probe("Mcp-Param, then the arguments", call(&caller), 400, -32020),
    ];
    assert_all(&node, probes).await;
}

/// Step 10, in the same way.
#[tokio::test]
async fn a_request_of_a_session_is_looked_at_in_this_order() {
    let node = Node::builder().program(Program::CONFORMANCE).set("SSE_AFTER", 1);
    let node = node.start().await;
    let client = node.connect().await;
    let slow = json!({ "name": "test_slow", "arguments": { "millis": 60_000 } });
    let slow = message(json!("five"), "tools/call", slow);
    let _running = client.attempt("POST").json(&slow).open().await;

    let again = request("five", "no/such/method");
    let plain = |attempt: Attempt| attempt.header("accept", "text/plain");
    let own = client.attempt("POST").json(&again);
    let nowhere = plain(post(&node, &again));
    let lost = nowhere.clone().header("mcp-session-id", UNKNOWN);
    let old = version(plain(own.clone()), "2025-06-18");
    let probe =
        |sent, attempt, status| Probe::new(sent, attempt, Refused(status, -32600));
    let probes = vec![
        probe("no session, then Accept", nowhere, 400),
        probe(
            "the session, then its version",
            version(lost.clone(), "2025-06-18"),
            404,
        ),
        probe("the session, then Accept", lost, 404),
        probe("its version, then Accept", old, 400),
        probe("Accept, then the id", plain(own.clone()), 406),
        probe("the id, then the method", own, 400),
    ];
    assert_all(&node, probes).await;
    let unknown = client.request("no/such/method", json!({})).await;
    assert_eq!((unknown.status, unknown.code()), (200, -32601), "in-band");
}

/// L042, L204 to L206: arrays exist in one version only.
#[tokio::test]
async fn an_array_is_taken_from_a_2025_03_26_session_and_refused_otherwise() {
    let node = Node::start().await;
    let notification = json!({"jsonrpc": "2.0", "method": "notifications/x"});
    let array =
        json!([request(1, "ping"), notification, request("b", "tools/list")]);

    let newer = Client::connect(&node).await.post(&array).await;
    assert_eq!((newer.status, newer.code()), (400, -32600));

    let client = Client::builder().version("2025-03-26").connect(&node).await;
    let answer = client.post(&array).await;
    let mut ids: Vec<_> =
        answer.messages().iter().map(|m| m["id"].to_string()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["\"b\"", "1"], "every request is answered: {answer:#?}");

    let quiet = client.post(&json!([notification, notification])).await;
    assert_eq!(quiet.status, 202, "nothing to answer");

    let handshake = json!([initialize("2025-03-26")]);
    let refused = client.post(&handshake).await;
    assert!(refused.messages()[0]["error"].is_object(), "initialize in an array");
}

/// The same two rules of `Accept` as for a single request.
#[tokio::test]
async fn an_array_is_answered_in_a_form_that_the_client_accepts() {
    let node = Node::start().await;
    let client = Client::builder().version("2025-03-26").connect(&node).await;
    let array = json!([request(1, "ping"), request(2, "ping")]);
    let neither = client.with_accept("text/plain").post(&array).await;
    assert_eq!((neither.status, neither.code()), (406, -32600));
    let stream = client.with_accept("text/event-stream").post(&array).await;
    assert_eq!(stream.content_type(), Some("text/event-stream"));
    let answers = stream.messages();
    assert_eq!(answers[0].as_array().map(Vec::len), Some(2), "{answers:?}");
}

/// L002, L009: parameters have names, in both eras and in an array of messages.
#[tokio::test]
async fn parameters_in_an_array_are_refused() {
    let node = Node::start().await;
    let caller = Caller::new(&node);
    let mut message = caller.message("tools/list", json!({}));
    let attempt = caller.attempt(&message);
    message["params"] = json!([message["params"]]);
    let client = Client::builder().version("2025-03-26").connect(&node).await;
    let refused =
        |sent: &str, attempt| Probe::new(sent, attempt, Refused(400, -32600));
    let probes = vec![
        refused("a stateless request", attempt.json(&message)),
        refused("a request", client.attempt("POST").json(&message)),
    ];
    assert_all(&node, probes).await;
    let answer = client.post(&json!([request(1, "ping"), message])).await;
    let answers = answer.messages();
    let codes: Vec<_> =
        answers.iter().filter_map(|it| it["error"]["code"].as_i64()).collect();
    assert_eq!(codes, [-32600], "{answers:?}");
}

/// L009: a filter has names too.
#[tokio::test]
async fn a_filter_in_an_array_is_refused() {
    let node = Node::start().await;
    let caller = Caller::new(&node);
    let listen = json!({ "notifications": [true] });
    let refused = caller.request("subscriptions/listen", listen).await;
    assert_eq!((refused.status, refused.code()), (200, -32602));
}
