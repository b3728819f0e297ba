//! Requests that are refused before their body is read. Many clients send all of it
//! before they read an answer, send the next request on the same connection, and
//! believe only an answer that repeats the id of their request.

use serde_json::{Value, json};
use suite::{Node, NodeBuilder, Wire, WireAnswer};

const TOKEN: &str = "alice-has-a-long-token";

/// What a connection may carry in its buffers, and far more than that.
const SIZES: [usize; 2] = [60_000, 900_000];

fn guarded() -> NodeBuilder {
    Node::builder()
        .set("API_TOKENS", format!("alice={TOKEN}"))
        .set("MAX_BODY", 50_000)
}

/// The header lines of a client that may call.
fn known(node: &Node) -> String {
    format!(
        "Host: {}\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\n",
        node.address()
    )
}

/// A request of this length, with its id at the end as the TypeScript SDK writes it,
/// and one in its parameters that is another.
fn request(id: &str, length: usize) -> String {
    let padding = "x".repeat(length);
    let params = json!({ "name": "calculate", "id": 5, "pad": padding });
    let id = json!(id);
    format!(
        r#"{{"method":"tools/call","params":{params},"jsonrpc":"2.0","id":{id}}}"#
    )
}

/// The same in two chunks.
fn chunked(line: &str, headers: &str, body: &str) -> String {
    let (first, second) = body.split_at(body.len() / 2);
    format!(
        "{line} HTTP/1.1\r\n{headers}Transfer-Encoding: chunked\r\n\r\n\
         {:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
        first.len(),
        second.len()
    )
}

/// The request line, the header lines and the status of each early refusal.
fn refusals(node: &Node) -> Vec<(&'static str, String, u16)> {
    let known = known(node);
    let with = |line: &str| format!("{known}{line}\r\n");
    let json = "application/json\r\nAccept";
    let text = known.replace(json, "text/plain\r\nAccept");
    vec![
        ("POST /mcp", known.replace(TOKEN, "wrong"), 401),
        ("POST /mcp", known.replace("Authorization", "X-Other"), 401),
        ("POST /mcp", with("Origin: http://evil.example"), 403),
        ("POST /nowhere", known.clone(), 404),
        ("PUT /mcp", known.clone(), 405),
        ("POST /mcp", text, 415),
        ("POST /mcp", with("Content-Encoding: gzip"), 415),
        ("POST /mcp", known, 413),
    ]
}

fn assert_refused(what: &str, answer: &WireAnswer, status: u16, id: &Value) {
    assert_eq!(answer.status, status, "{what}: {answer:?}");
    assert_eq!(answer.body["id"], *id, "{what}: {answer:?}");
    assert!(answer.code().is_some(), "{what}: {answer:?}");
}

/// L184, L186. The answer is read, belongs to its request, and the connection is as
/// good as before.
#[tokio::test]
async fn a_refused_request_is_told_so_and_the_next_one_is_served() {
    let node = guarded().start().await;
    let known = known(&node);
    for (line, headers, status) in refusals(&node) {
        for size in SIZES {
            let body = request("seven", size);
            let declared = format!("Content-Length: {}\r\n", body.len());
            let declared =
                format!("{line} HTTP/1.1\r\n{headers}{declared}\r\n{body}");
            for sent in [declared, chunked(line, &headers, &body)] {
                let what = format!("{line}, {status}, {size} bytes");
                let mut wire = Wire::open(&node).await;
                wire.send(sent).await;
                let answer = wire.answer().await;
                assert_refused(&what, &answer, status, &json!("seven"));
                assert!(!answer.announces_close(), "{what}: {answer:?}");
                wire.request("POST /mcp", &known, &request("next", 1)).await;
                assert_refused(&what, &wire.answer().await, 400, &json!("next"));
            }
        }
    }
}

/// L137. The rate limit refuses before the body too.
#[tokio::test]
async fn a_request_beyond_the_rate_is_told_so_with_its_id() {
    let node = guarded().set("RATE_LIMIT_MAX", 1).start().await;
    let mut wire = Wire::open(&node).await;
    for status in [400, 429, 429] {
        wire.request("POST /mcp", &known(&node), &request("r", 20_000)).await;
        let answer = wire.answer().await;
        assert_refused("the rate", &answer, status, &json!("r"));
        assert!(!answer.announces_close(), "{answer:?}");
    }
}

/// Paths of operators refuse methods, and answer GET requests that have a body.
#[tokio::test]
async fn operators_paths_leave_a_connection_usable_too() {
    let node = Node::start().await;
    let host = format!("Host: {}\r\n", node.address());
    let mut wire = Wire::open(&node).await;
    for (line, status) in
        [("POST /health", 405), ("GET /livez", 200), ("POST /metrics", 405)]
    {
        wire.request(line, &host, &request("x", 60_000)).await;
        let answer = wire.answer().await;
        assert_eq!((answer.status, answer.announces_close()), (status, false));
    }
}

/// Only a request has an id that an error may repeat (L009).
#[tokio::test]
async fn only_the_id_of_a_request_is_repeated() {
    let node = guarded().start().await;
    let wrong = known(&node).replace(TOKEN, "wrong");
    let deep = format!("{{\"id\":1,\"method\":\"a\",\"x\":{}", "[".repeat(20_000));
    let wide = format!("{}{}", request("a", 1), " ".repeat(40_000));
    let quoted = r#"{"method":"a","params":{"q":"]}\\\"}","z":[{}]},"id":3,"jsonrpc":"2.0"}"#;
    for (body, id) in [
        (r#"{"jsonrpc":"2.0","id":3,"method":"ping"}"#, json!(3)),
        (quoted, json!(3)),
        (r#"{"jsonrpc":"2.0","id":3,"result":{"method":"ping"}}"#, Value::Null),
        (r#"{"jsonrpc":"2.0","method":"ping"}"#, Value::Null),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, Value::Null),
        (r#"{"jsonrpc":"2.0","id":[3],"method":"ping"}"#, Value::Null),
        (r#"{"jsonrpc":"2.0","id":3,"method":"ping""#, Value::Null),
        (r#"[{"jsonrpc":"2.0","id":3,"method":"ping"}]"#, Value::Null),
        (&deep, Value::Null),
        (&wide, json!("a")),
        ("\u{fffd} no JSON at all", Value::Null),
        ("", Value::Null),
    ] {
        let mut wire = Wire::open(&node).await;
        wire.request("POST /mcp", &wrong, body).await;
        assert_refused(body, &wire.answer().await, 401, &id);
    }
}

/// The server waits a while for the rest of a body and then says that it closes.
#[tokio::test]
async fn a_body_that_does_not_arrive_ends_the_connection_as_announced() {
    let node = guarded().start().await;
    let headers = known(&node).replace(TOKEN, "wrong");
    let body = request("late", 1);
    for length in [
        "Content-Length: 60000\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n47\r\n",
    ] {
        let mut wire = Wire::open(&node).await;
        wire.send(format!("POST /mcp HTTP/1.1\r\n{headers}{length}{body}")).await;
        let answer = wire.answer().await;
        assert_refused(length, &answer, 401, &Value::Null);
        assert!(answer.announces_close(), "{answer:?}");
        wire.assert_closed().await;
    }
}

/// RFC 9110, 10.1.1: a client that asks first need not send its body in vain.
#[tokio::test]
async fn a_client_that_waits_to_be_asked_for_its_body_is_refused_without_it() {
    let node = guarded().start().await;
    let expects = format!(
        "{}Expect: 100-continue\r\nContent-Length: 60000\r\n",
        known(&node)
    );
    let mut wire = Wire::open(&node).await;
    wire.send(format!("POST /mcp HTTP/1.1\r\n{expects}\r\n")).await;
    let answer = wire.answer().await;
    assert_refused("413", &answer, 413, &Value::Null);
    assert!(answer.announces_close(), "{answer:?}");
    wire.assert_closed().await;
}

/// RFC 6750, 3 and 3.1: a client that sent no token is not told that it is invalid.
#[tokio::test]
async fn a_missing_token_and_a_wrong_one_are_told_apart() {
    let node = guarded().start().await;
    let known = known(&node);
    let right = format!("Bearer {TOKEN}");
    let invalid = r#"Bearer error="invalid_token""#;
    for (value, challenge) in [
        ("Bearer wrong", invalid),
        ("bearer wrong", invalid),
        ("Bearer", invalid),
        ("Bearer \u{e9}", invalid),
        ("Basic YWxpY2U6", "Bearer"),
        ("Digest username=\"a\", realm=\"b\"", "Bearer"),
        (TOKEN, "Bearer"),
    ] {
        let mut wire = Wire::open(&node).await;
        let headers = known.replace(&right, value);
        wire.request("POST /mcp", &headers, &request("a", 1)).await;
        let answer = wire.answer().await;
        assert_refused(value, &answer, 401, &json!("a"));
        let found = answer.header("www-authenticate");
        assert_eq!(found, Some(challenge), "{value}");
        let sentence = match challenge {
            "Bearer" => "authentication is required",
            _ => "the token is not valid",
        };
        assert_eq!(answer.sentence(), sentence, "{value}");
    }
    let answer = node.attempt("POST").body(request("a", 1)).send().await;
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
}

/// RFC 9110, 12.5.3 and 15.5.16.
#[tokio::test]
async fn an_encoded_body_is_refused_with_the_encoding_that_is_taken() {
    let node = Node::start().await;
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    for (encoding, status) in [
        ("gzip", 415),
        ("br", 415),
        ("deflate", 415),
        ("zstd", 415),
        ("identity, GZIP", 415),
        ("\u{e9}", 415),
        ("identity", 400),
        ("Identity", 400),
        ("", 400),
    ] {
        let attempt = node.attempt("POST").header("content-encoding", encoding);
        let answer = attempt.body(body).send().await;
        assert_eq!(answer.status, status, "{encoding}");
        let taken = (status == 415).then_some("identity");
        assert_eq!(answer.header("accept-encoding"), taken, "{encoding}");
    }
    let text = node.attempt("POST").header("content-type", "text/plain");
    let answer = text.body(body).send().await;
    assert_eq!((answer.status, answer.header("accept-encoding")), (415, None));
}

/// A trailing slash is a slip, another path is told where the endpoint is.
#[tokio::test]
async fn the_endpoint_is_found_with_a_slash_and_named_on_other_paths() {
    let node = Node::start().await;
    let client = node.connect().await;
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    let slash = client.attempt("POST").path("/mcp/").json(&ping).send().await;
    assert_eq!(slash.result(), json!({}));
    let foreign = node.attempt("POST").path("/mcp/").json(&ping);
    let foreign = foreign.header("origin", "http://evil.example").send().await;
    assert_eq!(foreign.status, 403, "with the same checks");
    let put = node.attempt("PUT").path("/mcp/").send().await;
    assert_eq!(put.header("allow"), Some("GET, POST, DELETE"));
    let end = client.attempt("DELETE").path("/mcp/").send().await;
    assert_eq!(end.status, 204);
    for path in ["/", "/sse", "/messages", "/mcp/mcp", "/MCP", "//mcp"] {
        let answer = client.attempt("POST").path(path).json(&ping).send().await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.response()["id"], 1, "{path}");
        let sentence = answer.error()["message"].clone();
        assert_eq!(sentence, "not found, the endpoint is /mcp", "{path}");
    }
}
