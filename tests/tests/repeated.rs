//! Headers that decide something, given twice or in ways that two readers of a
//! request could understand differently.

use serde_json::{Value, json};
use suite::{Client, Node, Wire};

const TOKEN: &str = "alice-has-a-long-token";
const PAGE: &str = "https://app.example";
const PING: &str = r#"{"jsonrpc":"2.0","id":"p","method":"ping"}"#;

/// Two values for each header that decides something: the right one first.
fn values(client: &Client) -> Vec<(&'static str, String, String)> {
    let other = "11111111-2222-4333-8444-555555555555";
    let row =
        |name, right: &str, other: &str| (name, right.to_owned(), other.to_owned());
    vec![
        row("Mcp-Session-Id", client.session_id(), other),
        row("MCP-Protocol-Version", "2025-11-25", "2025-06-18"),
        row("Authorization", &format!("Bearer {TOKEN}"), "Bearer other"),
        row("Origin", PAGE, "https://evil.example"),
        row("Content-Type", "application/json", "text/plain"),
    ]
}

/// L068, L186: what stands between may repeat a header or join its lines.
#[tokio::test]
async fn equal_values_are_one_and_different_ones_are_refused() {
    let node = Node::builder()
        .set("API_TOKENS", format!("alice={TOKEN}"))
        .set("CORS_ORIGIN", PAGE)
        .start()
        .await;
    let client = Client::builder().token(TOKEN).connect(&node).await;
    let all = values(&client);
    for (name, right, other) in &all {
        let rest: String = all
            .iter()
            .filter(|(another, ..)| another != name)
            .map(|(another, value, _)| format!("{another}: {value}\r\n"))
            .collect();
        let joined = match *name {
            // One line of it may have commas, so this is one value.
            "Content-Type" => 415,
            _ => 400,
        };
        for (lines, status) in [
            (vec![right.clone(), right.clone()], 200),
            (vec![format!("{right}, {right}")], 200),
            (vec![format!("{right},{right}"), format!("{right},{right}")], 200),
            (vec![right.clone(), other.clone()], 400),
            (vec![other.clone(), right.clone()], 400),
            (vec![format!("{right}, {other}")], joined),
        ] {
            let lines: String =
                lines.iter().map(|line| format!("{name}: {line}\r\n")).collect();
            let headers = format!("Host: {}\r\n{rest}{lines}", node.address());
            let mut wire = Wire::open(&node).await;
            wire.request("POST /mcp", &headers, PING).await;
            let answer = wire.answer().await;
            assert_eq!(answer.status, status, "{lines}: {answer:?}");
            assert_eq!(answer.body["id"], "p", "{lines}: {answer:?}");
            if status == 400 {
                let sentence =
                    format!("{} has different values", name.to_lowercase());
                assert_eq!(answer.sentence(), sentence, "{lines}");
            }
        }
    }
}

/// The same where there is no message: GET and its event id.
#[tokio::test]
async fn a_stream_is_not_resumed_after_two_events() {
    let node = Node::start().await;
    let client = node.connect().await;
    let headers = format!(
        "Host: {}\r\nAccept: text/event-stream\r\nMcp-Session-Id: {}\r\n\
         Last-Event-ID: c1.1-0\r\nLast-Event-ID: c2.1-0\r\n",
        node.address(),
        client.session_id()
    );
    let mut wire = Wire::open(&node).await;
    wire.request("GET /mcp", &headers, "").await;
    let answer = wire.answer().await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.sentence(), "last-event-id has different values");
}

/// RFC 9112, 3.2: one valid `Host`, on every path.
#[tokio::test]
async fn a_request_names_one_valid_host_whatever_its_path() {
    let node = Node::start().await;
    let address = node.address();
    let same = format!("Host: {address}\r\n");
    let other = "Host: evil.example\r\n";
    for path in ["/mcp", "/livez", "/readyz", "/health", "/metrics", "/nowhere"] {
        for lines in [
            "",
            &format!("{same}{same}"),
            &format!("{same}{other}"),
            &format!("{other}{same}"),
            "Host: [::1\r\n",
            "Host: [::1]x\r\n",
            "Host: ::1\r\n",
            "Host: localhost:1.evil.example\r\n",
            "Host: localhost:x\r\n",
            "Host: user@localhost\r\n",
            "Host: localhost/mcp\r\n",
            "Host: localhost, localhost\r\n",
            "Host: \u{e9}\r\n",
        ] {
            let mut wire = Wire::open(&node).await;
            wire.request(&format!("POST {path}"), lines, PING).await;
            let answer = wire.answer().await;
            assert_eq!(answer.status, 400, "{path}, {lines}: {answer:?}");
            let sentence = "a request needs one Host header with a valid host";
            assert_eq!(answer.sentence(), sentence, "{path}, {lines}");
        }
    }
    for host in ["evil.example", "[::1]:80", "a_b%20c:", "", "10.0.0.1:1453"] {
        let mut wire = Wire::open(&node).await;
        wire.request("GET /livez", &format!("Host: {host}\r\n"), "").await;
        assert_eq!(wire.answer().await.status, 200, "probes come by {host}");
    }
    let mut wire = Wire::open(&node).await;
    wire.send("GET /livez HTTP/1.0\r\n\r\n").await;
    assert_eq!(wire.answer().await.status, 200, "HTTP/1.0 has no Host");
}

/// RFC 9112, 3.2.2: the target names the host, and `Host` must not name another.
#[tokio::test]
async fn an_absolute_target_and_host_agree() {
    let node = Node::start().await;
    let client = node.connect().await;
    let own = node.address().to_string();
    let port = node.address().port();
    let session = format!(
        "Mcp-Session-Id: {}\r\nContent-Type: application/json\r\n",
        client.session_id()
    );
    let differ = "Host and the request target disagree";
    let localhost = format!("LOCALHOST:{port}");
    for (target, host, status, sentence) in [
        (&*own, &*own, 200, ""),
        (&*localhost, &*localhost.to_lowercase(), 200, ""),
        (&*own, "evil.example", 400, differ),
        ("evil.example", &*own, 400, differ),
        (&*own, &*localhost, 400, differ),
        ("evil.example", "evil.example", 403, "host is not allowed"),
        ("evil.example:80", "evil.example", 403, "host is not allowed"),
    ] {
        let mut wire = Wire::open(&node).await;
        let headers = format!("Host: {host}\r\n{session}");
        wire.request(&format!("POST http://{target}/mcp"), &headers, PING).await;
        let answer = wire.answer().await;
        let what = format!("{target}, {host}: {answer:?}");
        assert_eq!(answer.status, status, "{what}");
        assert_eq!(answer.sentence(), sentence, "{what}");
    }
    for (line, status) in [
        ("GET http://evil.example/livez", 400),
        (&*format!("GET http://{own}/livez"), 200),
        (&*format!("GET http://user@{own}/livez"), 400),
    ] {
        let mut wire = Wire::open(&node).await;
        wire.request(line, &format!("Host: {own}\r\n"), "").await;
        assert_eq!(wire.answer().await.status, status, "{line}");
    }
}

/// M061: a stateless request with two versions contradicts its body.
#[tokio::test]
async fn two_versions_are_no_handshake_and_no_request() {
    let node = Node::start().await;
    let params = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": { "name": "repeated", "version": "1" },
    });
    let opening = json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params,
    });
    for (versions, status) in [
        (["2025-11-25", "2025-11-25"], 200),
        (["2025-11-25", "2025-06-18"], 400),
        (["2025-11-25", "2026-07-28"], 400),
    ] {
        let [one, two] =
            versions.map(|it| format!("MCP-Protocol-Version: {it}\r\n"));
        let headers = format!(
            "Host: {}\r\nContent-Type: application/json\r\n{one}{two}",
            node.address()
        );
        let mut wire = Wire::open(&node).await;
        wire.request("POST /mcp", &headers, &opening.to_string()).await;
        let answer = wire.answer().await;
        assert_eq!(answer.status, status, "{versions:?}: {answer:?}");
        let code = (status == 400).then_some(-32600);
        assert_eq!((answer.code(), &answer.body["id"]), (code, &Value::from(1)));
    }
}
