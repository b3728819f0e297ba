//! Who is refused, why, and in which order the reasons are looked for. The
//! numbers are those of the decision table in the book's page on the protocol's
//! eras.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use suite::{Attempt, Client, Node, client::message};

const MODERN: &str = "2026-07-28";
const UNKNOWN: &str = "11111111-2222-4333-8444-555555555555";

/// A request that is refused, and how.
struct Row {
    probe: &'static str,
    attempt: Attempt,
    status: u16,
    code: i64,
    /// The id that comes back; `null` if there is none.
    id: Value,
}

impl Row {
    async fn assert(self) {
        let Self { probe, attempt, status, code, id } = self;
        let answer = attempt.send().await;
        assert_eq!(answer.status, status, "{probe}: status of {:?}", answer.body);
        assert_eq!(answer.content_type(), Some("application/json"), "{probe}");
        assert_eq!(answer.code(), code, "{probe}: code of {:?}", answer.body);
        let response = answer.response();
        assert_eq!(response["jsonrpc"], "2.0", "{probe}");
        assert_eq!(response.get("id").unwrap_or(&Value::Null), &id, "{probe}: id");
        let sentence = response["error"]["message"].as_str();
        assert!(sentence.is_some_and(|s| !s.is_empty()), "{probe}: no sentence");
    }
}

fn row(
    probe: &'static str,
    attempt: Attempt,
    status: u16,
    code: i64,
    id: impl Into<Value>,
) -> Row {
    Row { probe, attempt, status, code, id: id.into() }
}

/// Asserts every row, and that the server has taken no harm.
async fn assert_refused<const N: usize>(node: &Node, rows: [Row; N]) {
    for row in rows {
        row.assert().await;
    }
    node.assert_alive().await;
}

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

/// A request as the stateless era writes it.
fn modern(id: impl Into<Value>, method: &str, version: &str) -> Value {
    let mut request = request(id, method);
    request["params"]["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientInfo": { "name": "l", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    request
}

fn post(node: &Node, body: &Value) -> Attempt {
    node.attempt("POST").json(body)
}

fn version(attempt: Attempt, version: &str) -> Attempt {
    attempt.header("mcp-protocol-version", version)
}

/// Rows 1, 2, 4, 5, 6; L021 to L024, L032, L061, L063.
#[tokio::test]
async fn initialize_opens_a_session_whatever_version_it_names() {
    let node = Node::start().await;
    let newest = "2025-11-25";
    let mut ids = BTreeSet::new();
    for (probe, header, asked, negotiated) in [
        ("1: no header", None, newest, newest),
        ("2: a header that agrees", Some(newest), newest, newest),
        ("4: the stateless version", None, MODERN, newest),
        ("5: the same in the header", Some(MODERN), MODERN, newest),
        ("6: a version that never was", None, "1999-01-01", newest),
        ("an older version", None, "2025-06-18", "2025-06-18"),
        ("the oldest version", None, "2025-03-26", "2025-03-26"),
    ] {
        let mut attempt = post(&node, &initialize(asked));
        if let Some(header) = header {
            attempt = version(attempt, header);
        }
        let answer = attempt.send().await;
        let result = answer.result();
        assert_eq!(result["protocolVersion"], negotiated, "{probe}");
        assert!(result["capabilities"].is_object(), "{probe}");
        assert!(result["serverInfo"]["name"].is_string(), "{probe}");
        assert_eq!(answer.response()["id"], 1, "{probe}");
        let id = answer.header("mcp-session-id").unwrap_or_default();
        assert_eq!(id.len(), 36, "{probe}: the session id is a UUID, not {id:?}");
        assert!(id.bytes().all(|b| (0x21..=0x7e).contains(&b)), "{probe}: {id:?}");
        assert!(ids.insert(id.to_owned()), "{probe}: {id} was given before");
    }
    node.assert_alive().await;
}

/// Row 3.
#[tokio::test]
async fn initialize_whose_header_names_another_version_is_refused() {
    let node = Node::start().await;
    let attempt = version(post(&node, &initialize("2025-11-25")), MODERN);
    assert_refused(&node, [row("3", attempt, 400, -32020, 1)]).await;
}

/// Rows 7, 12 to 18, 50, 51; M033, D019. Until the stateless era is served, every
/// claim to it is answered with the versions that are.
#[tokio::test]
async fn a_claim_to_the_stateless_era_is_answered_with_the_versions_spoken() {
    let node = Node::start().await;
    let list = modern("seven", "tools/list", MODERN);
    let complete =
        version(post(&node, &list), MODERN).header("mcp-method", "tools/list");
    let mut handshake = initialize(MODERN);
    handshake["params"]["_meta"] = list["params"]["_meta"].clone();
    let other = |name: &str| {
        version(post(&node, &modern("seven", "tools/list", name)), name)
    };
    let claim = |probe, attempt| row(probe, attempt, 400, -32022, "seven");
    let initialize = version(post(&node, &handshake), MODERN);
    assert_refused(
        &node,
        [
            row("7: initialize", initialize, 400, -32022, 1),
            claim("12: correct in all parts", complete.clone()),
            claim("13: no Mcp-Method", complete.clone().without("mcp-method")),
            claim(
                "14: another Mcp-Method",
                complete.clone().header("mcp-method", "prompts/list"),
            ),
            claim(
                "15: no version header",
                complete.clone().without("mcp-protocol-version"),
            ),
            claim(
                "16: another version header",
                version(complete.clone(), "2025-11-25"),
            ),
            claim("17: a version of the past", other("1900-01-01")),
            claim("18: a version of the future", other("2027-01-01")),
            claim("20: a stateful version", other("2025-11-25")),
            claim(
                "50: Accept names JSON only",
                complete.clone().header("accept", "application/json"),
            ),
            claim("51: Accept takes all", complete.clone().header("accept", "*/*")),
        ],
    )
    .await;

    // PHP writes slashes like this.
    let escaped = list.to_string().replace('/', "\\/");
    let escaped = node.attempt("POST").body(escaped).send().await;
    assert_eq!((escaped.status, escaped.code()), (400, -32022));

    let error = other("2027-01-01").send().await.error();
    let spoken = json!(["2025-11-25", "2025-06-18", "2025-03-26"]);
    assert_eq!(error["data"]["supported"], spoken);
    assert_eq!(error["data"]["requested"], "2027-01-01");
}

/// Rows 8, 9, 19, 27, 35 to 38; L020, L040, L042, L064, L068.
#[tokio::test]
async fn only_initialize_may_come_without_a_session() {
    let node = Node::start().await;
    let list = post(&node, &request(7, "tools/list"));
    let array = post(&node, &json!([request(1, "ping")]));
    let cancelled = json!({
        "jsonrpc": "2.0",
        "method": "notifications/cancelled",
        "params": { "requestId": 1 },
    });
    assert_refused(
        &node,
        [
            row("8: a request", list.clone(), 400, -32600, 7),
            row(
                "9: with a version",
                version(list.clone(), "2025-11-25"),
                400,
                -32600,
                7,
            ),
            row(
                "19: a version that never was",
                version(list, "2027-01-01"),
                400,
                -32022,
                7,
            ),
            row(
                "27: server/discover",
                post(&node, &request("probe", "server/discover")),
                400,
                -32602,
                "probe",
            ),
            row(
                "35: a notification",
                post(&node, &cancelled),
                400,
                -32600,
                Value::Null,
            ),
            row("38: an array", array.clone(), 400, -32600, Value::Null),
            row(
                "an array, then the version",
                version(array, MODERN),
                400,
                -32600,
                Value::Null,
            ),
        ],
    )
    .await;
}

/// Rows 36, 37; L040. Whether such an error repeats the id is left open.
#[tokio::test]
async fn a_response_without_a_session_is_refused() {
    let node = Node::start().await;
    let response = json!({ "jsonrpc": "2.0", "id": 9, "result": {} });
    for attempt in [post(&node, &response), version(post(&node, &response), MODERN)]
    {
        let answer = attempt.send().await;
        assert_eq!((answer.status, answer.code()), (400, -32600));
    }
    node.assert_alive().await;
}

/// Rows 33, 34: A9.
#[tokio::test]
async fn a_notification_of_the_stateless_era_is_accepted_and_ignored() {
    let node = Node::start().await;
    let notification = json!({
        "jsonrpc": "2.0",
        "method": "notifications/cancelled",
        "params": { "requestId": 1 },
    });
    let attempt = version(post(&node, &notification), MODERN);
    let named = attempt.clone().header("mcp-method", "notifications/cancelled");
    for (probe, attempt) in [("33", named), ("34: no Mcp-Method", attempt)] {
        let answer = attempt.send().await;
        assert_eq!(answer.status, 202, "{probe}: {:?}", answer.body);
        assert_eq!(answer.body, suite::Body::Empty, "{probe}");
    }
    node.assert_alive().await;
}

/// Rows 39 to 41, 52; L003, L007, L008, L009, L033.
#[tokio::test]
async fn a_body_that_is_no_message_is_refused() {
    let node = Node::start().await;
    let body = |body: &[u8]| node.attempt("POST").body(body);
    let text =
        post(&node, &initialize("2025-11-25")).header("content-type", "text/plain");
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let none = Value::Null;
    assert_refused(
        &node,
        [
            row("39: not JSON", body(b"{\"jsonrpc\":"), 400, -32700, none.clone()),
            row("40: nothing", body(b""), 400, -32700, none.clone()),
            row("not UTF-8", body(b"\"\xff\xfe\""), 400, -32700, none.clone()),
            row("too deep", body(deep.as_bytes()), 400, -32700, none.clone()),
            row(
                "41: id null",
                post(&node, &request(Value::Null, "ping")),
                400,
                -32600,
                none.clone(),
            ),
            row(
                "a fraction as id",
                post(&node, &request(1.5, "ping")),
                400,
                -32600,
                none.clone(),
            ),
            row("a number", body(b"17"), 400, -32600, none.clone()),
            row("an empty array", body(b"[]"), 400, -32600, none.clone()),
            row(
                "another JSON-RPC",
                post(&node, &json!({"jsonrpc": "1.0", "id": 4, "method": "ping"})),
                400,
                -32600,
                4,
            ),
            row(
                "neither method nor result",
                post(&node, &json!({"jsonrpc": "2.0", "id": "x"})),
                400,
                -32600,
                "x",
            ),
            row("52: not declared as JSON", text, 415, -32600, none),
        ],
    )
    .await;
}

/// Rows 42, 43, 45 to 47; L064, L065, A10.
#[tokio::test]
async fn a_session_that_is_missing_is_400_and_one_that_is_unknown_404() {
    let node = Node::start().await;
    let none = Value::Null;
    let list = post(&node, &request(3, "tools/list"));
    let unknown = |attempt: Attempt| attempt.header("mcp-session-id", UNKNOWN);
    let get = node.attempt("GET");
    let delete = node.attempt("DELETE");
    let nonsense = list.clone().header("mcp-session-id", "../../etc/passwd");
    assert_refused(
        &node,
        [
            row("42: POST", unknown(list), 404, -32600, 3),
            row("an id that cannot be", nonsense, 404, -32600, 3),
            row("43: GET without", get.clone(), 400, -32600, none.clone()),
            row("45: GET", unknown(get), 404, -32600, none.clone()),
            row("46: DELETE without", delete.clone(), 400, -32600, none.clone()),
            row("47: DELETE", unknown(delete), 404, -32600, none),
        ],
    )
    .await;
}

/// Rows 44, 48, 49. `Allow` says what would have worked.
#[tokio::test]
async fn a_method_that_the_endpoint_does_not_have_is_405() {
    let node = Node::start().await;
    let all = "GET, POST, DELETE";
    for (probe, attempt, allow) in [
        ("44: GET", version(node.attempt("GET"), MODERN), "POST"),
        ("48: DELETE", version(node.attempt("DELETE"), MODERN), "POST"),
        ("49: PUT", node.attempt("PUT"), all),
        ("PATCH", node.attempt("PATCH"), all),
        ("HEAD", node.attempt("HEAD"), all),
    ] {
        let answer = attempt.send().await;
        assert_eq!(answer.status, 405, "{probe}");
        assert_eq!(answer.header("allow"), Some(allow), "{probe}");
    }
    node.assert_alive().await;
}

/// Row 53; L035, L036. A page of another site may not use a local server.
#[tokio::test]
async fn a_foreign_host_or_origin_is_403_for_every_method() {
    let node = Node::start().await;
    let opened = post(&node, &initialize("2025-11-25"));
    let none = Value::Null;
    let foreign =
        |attempt: Attempt| attempt.header("origin", "http://evil.example");
    assert_refused(
        &node,
        [
            row("53: POST", foreign(opened.clone()), 403, -32600, none.clone()),
            row("GET", foreign(node.attempt("GET")), 403, -32600, none.clone()),
            row(
                "DELETE",
                foreign(node.attempt("DELETE")),
                403,
                -32600,
                none.clone(),
            ),
            row(
                "a preflight",
                foreign(node.attempt("OPTIONS")),
                403,
                -32600,
                none.clone(),
            ),
            row(
                "Host",
                opened.clone().header("host", "evil.example"),
                403,
                -32600,
                none,
            ),
        ],
    )
    .await;

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

/// L034: one path has them all.
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
}

/// Steps 7 to 10 of the ladder, in the same way. L026: a session's version is the
/// only one that its requests may name.
#[tokio::test]
async fn a_post_is_looked_at_in_this_order_type_size_json_era_session_accept() {
    let node = Node::builder().set("MAX_BODY", 1000).start().await;
    let client = node.connect().await;
    let none = Value::Null;
    let unknown = node.attempt("POST").header("mcp-session-id", UNKNOWN);
    let long = unknown.clone().body("[".repeat(2000));
    let text = long.clone().header("content-type", "text/plain");
    let claim = modern(5, "tools/list", MODERN);
    let list = request(5, "tools/list");
    let plain = |attempt: Attempt| attempt.header("accept", "text/plain");
    let own = plain(client.attempt("POST").json(&list));
    assert_refused(
        &node,
        [
            row("the type, then the size", text, 415, -32600, none.clone()),
            row("the size, then JSON", long, 413, -32600, none.clone()),
            row(
                "JSON, then the session",
                unknown.clone().body("{"),
                400,
                -32700,
                none.clone(),
            ),
            row(
                "the shape, then the session",
                unknown.clone().json(&request(Value::Null, "ping")),
                400,
                -32600,
                none.clone(),
            ),
            row(
                "the era, then the session",
                unknown.clone().json(&claim),
                400,
                -32022,
                5,
            ),
            row(
                "the version, then the session",
                version(unknown.clone().json(&list), "2027-01-01"),
                400,
                -32022,
                5,
            ),
            row(
                "the session, then Accept",
                plain(unknown.clone().json(&list)),
                404,
                -32600,
                5,
            ),
            row(
                "the session's version, then Accept",
                version(own.clone(), "2025-06-18"),
                400,
                -32600,
                5,
            ),
            row("Accept", own, 406, -32600, 5),
        ],
    )
    .await;

    let get =
        version(node.attempt("GET"), MODERN).header("mcp-session-id", UNKNOWN);
    assert_eq!(get.send().await.status, 405, "the era of a GET, then its session");
}

/// L026, L042, L204 to L206: arrays exist in one version only.
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
