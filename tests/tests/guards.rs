//! Who may call, from where and how often, against those who try to get around
//! it.
#![allow(clippy::expect_used)]

use std::net::Ipv4Addr;

use serde_json::json;
use suite::{Attempt, Client, Exchange, Node, NodeBuilder, PATIENCE, eventually};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

const PAGE: &str = "https://app.example";
const TOKEN: &str = "alice-has-a-long-token";

fn ping(node: &Node) -> Attempt {
    node.attempt("POST").body(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#)
}

/// A page can read why it was refused only if the answer says that it may.
#[tokio::test]
async fn a_configured_page_may_read_errors_too() {
    let node = Node::builder()
        .set("CORS_ORIGIN", PAGE)
        .set("API_TOKENS", format!("alice={TOKEN}"))
        .set("RATE_LIMIT_MAX", 1)
        .start()
        .await;
    let page = ping(&node).header("origin", PAGE);
    let known = page.clone().header("authorization", format!("Bearer {TOKEN}"));
    let put = node.attempt("PUT").header("origin", PAGE);
    for (status, attempt) in
        [(401, page), (405, put), (400, known.clone()), (429, known)]
    {
        let answer = attempt.send().await;
        assert_eq!(answer.status, status);
        let allowed = answer.header("access-control-allow-origin");
        assert_eq!(allowed, Some(PAGE), "{status}");
        let exposed = answer.header("access-control-expose-headers");
        let names = "mcp-session-id,www-authenticate,retry-after";
        assert_eq!(exposed, Some(names), "{status}");
    }
}

#[tokio::test]
async fn a_host_is_one_of_ours_however_it_is_written() {
    let node = Node::start().await;
    let port = node.address().port();
    for (host, status) in [
        (format!("LocalHost:{port}"), 400),
        (format!("[::1]:{port}"), 400),
        // Ports are forwarded: ssh -L, docker -p, kubectl port-forward.
        ("localhost:8080".to_owned(), 400),
        ("127.0.0.1:9000".to_owned(), 400),
        ("localhost".to_owned(), 400),
        (format!("evil.example:{port}"), 403),
    ] {
        let answer = ping(&node).header("host", &host).send().await;
        assert_eq!(answer.status, status, "{host}");
    }
    let node = Node::builder().set("ALLOWED_HOSTS", "MCP.example, [2001:db8::1]");
    let node = node.start().await;
    for (host, status) in [
        ("mcp.EXAMPLE", 400),
        ("mcp.example:8080", 400),
        ("[2001:DB8::1]:8080", 400),
        ("[2001:db8::1]", 400),
        ("[2001:db8::2]:8080", 403),
    ] {
        let answer = ping(&node).header("host", host).send().await;
        assert_eq!(answer.status, status, "{host}");
    }
}

/// L068. Bytes that are not ASCII are legal in a header and mean nothing here.
#[tokio::test]
async fn header_values_that_are_no_text_are_refused_like_other_wrong_ones() {
    let node = Node::start().await;
    let client = node.connect().await;
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    for (name, status) in [
        ("mcp-session-id", 404),
        ("mcp-protocol-version", 400),
        ("accept", 406),
        ("content-type", 415),
        ("origin", 403),
    ] {
        let attempt = client.attempt("POST").body(ping);
        let attempt = attempt
            .header("content-type", "application/json")
            .header(name, "\u{e9}\u{2603}");
        assert_eq!(attempt.send().await.status, status, "{name}");
    }
}

async fn ping_as(node: &Node, forwarded: &str) -> Exchange {
    ping(node).header("x-forwarded-for", forwarded).send().await
}

fn two_requests() -> NodeBuilder {
    Node::builder().set("RATE_LIMIT_MAX", 2)
}

/// Without a proxy the header is the client's own invention.
#[tokio::test]
async fn a_client_that_invents_addresses_is_limited_all_the_same() {
    let node = two_requests().start().await;
    for (address, status) in [("1.1.1.1", 400), ("2.2.2.2", 400), ("3.3.3.3", 429)]
    {
        assert_eq!(ping_as(&node, address).await.status, status, "{address}");
    }
    let node = two_requests().set("TRUST_PROXY", true).start().await;
    for (hops, status) in [
        ("1.1.1.1, 203.0.113.7", 400),
        ("2.2.2.2,203.0.113.7:4711", 400),
        ("3.3.3.3 , 203.0.113.7", 429),
        ("203.0.113.7, 203.0.113.8", 400),
        ("[2001:db8::1]:80", 400),
        ("2001:db8::2", 400),
        ("2001:db8::3", 429),
    ] {
        assert_eq!(ping_as(&node, hops).await.status, status, "{hops}");
    }
}

/// A proxy writes one of the two headers. A client that spoils it, or writes the other
/// one itself, counts for the proxy, however many addresses it invents.
#[tokio::test]
async fn an_address_that_the_proxy_did_not_write_is_not_believed() {
    let proxies = [
        ("x-forwarded-for", "\u{e9}", "forwarded"),
        ("x-forwarded-for", "203.0.113.7", "forwarded"),
        ("forwarded", "for=203.0.113.7;by=\u{e9}", "x-forwarded-for"),
    ];
    for (written, hop, invented) in proxies {
        let node = two_requests().set("TRUST_PROXY", true).start().await;
        for (address, status) in
            [("1.1.1.1", 400), ("2.2.2.2", 400), ("3.3.3.3", 429)]
        {
            let claim = match invented {
                "forwarded" => format!("for={address}"),
                _ => address.to_owned(),
            };
            let attempt = ping(&node).header(written, hop);
            let answer = attempt.header(invented, claim).send().await;
            assert_eq!(answer.status, status, "{written}: {hop}, {address}");
        }
    }
}

/// A batch is as many requests as if each message of it had come alone.
#[tokio::test]
async fn every_message_of_a_batch_counts_for_the_rate_limit() {
    let node = Node::builder().set("RATE_LIMIT_MAX", 13).start().await;
    let old = Client::builder().version("2025-03-26").connect(&node).await;
    let batch = |size: usize| {
        let ping = |id| json!({ "jsonrpc": "2.0", "id": id, "method": "ping" });
        (0..size).map(ping).collect::<Vec<_>>().into()
    };
    let never = old.post(&batch(50)).await;
    assert_eq!((never.status, never.code()), (429, -32600));
    // The handshake took two, that batch one, so ten are left.
    assert_eq!(old.post(&batch(8)).await.messages().len(), 8);
    let refused = old.post(&batch(3)).await;
    assert_eq!((refused.status, refused.code()), (429, -32600));
    assert!(refused.header("retry-after").is_some());
    assert_eq!(old.ping().await.status, 200, "the refused one counted once");
    assert_eq!(old.ping().await.status, 429);
    let counted = eventually("they are counted", PATIENCE, async || {
        node.metric("mcp_rate_limited_total").await
    });
    assert_eq!(counted.await, 3.0);
}

/// L109, L136, L137: calls and completions count like everything else.
#[tokio::test]
async fn a_client_may_call_and_complete_only_so_often() {
    let sum = json!({ "a": 1, "b": 2, "op": "add" });
    for (method, params) in [
        ("tools/call", json!({ "name": "calculate", "arguments": sum })),
        (
            "completion/complete",
            json!({
                "ref": { "type": "ref/prompt", "name": "explain-calculation" },
                "argument": { "name": "level", "value": "b" },
            }),
        ),
    ] {
        // The handshake takes two of them.
        let node = Node::builder().set("RATE_LIMIT_MAX", 5).start().await;
        let client = node.connect().await;
        for _ in 0..3 {
            client.request(method, params.clone()).await.result();
        }
        let refused = client.request(method, params).await;
        assert_eq!((refused.status, refused.code()), (429, -32600), "{method}");
        assert!(refused.header("retry-after").is_some(), "{method}");
    }
}

/// L177, L184, L185: no token but ours opens the door. The scheme's name may be
/// written in any case, the token may not.
#[tokio::test]
async fn a_token_is_taken_as_it_is() {
    let tokens = format!("alice={TOKEN}");
    let node = Node::builder().set("API_TOKENS", tokens).start().await;
    Client::builder().token(TOKEN).connect(&node).await;
    for (value, status) in [
        (format!("bearer {TOKEN}"), 400),
        (format!("Basic {TOKEN}"), 401),
        (format!("Bearer {}", TOKEN.to_uppercase()), 401),
        (format!("Bearer {TOKEN}x"), 401),
        ("Bearer ".to_owned(), 401),
        (TOKEN.to_owned(), 401),
        ("Bearer \u{e9}".to_owned(), 401),
    ] {
        let answer = ping(&node).header("authorization", &value).send().await;
        assert_eq!(answer.status, status, "{value}");
    }
}

/// Many clients send everything before they read an answer.
#[tokio::test]
async fn a_client_that_sends_far_too_much_is_told_so() {
    let node = Node::builder().set("MAX_BODY", 100_000).start().await;
    let client = node.connect().await;
    for size in [150_000, 1_200_000, 20_000_000] {
        let refused = client.attempt("POST").body(vec![b' '; size]).send().await;
        assert_eq!(refused.status, 413, "{size} bytes");
    }
}

/// A flood of connections that say nothing, from one address of this machine.
async fn flood(node: &Node, connections: usize) -> Vec<TcpStream> {
    let mut open = Vec::new();
    for _ in 0..connections {
        let stream = TcpStream::connect(node.address()).await;
        open.push(stream.expect("it is accepted by the system"));
    }
    open
}

/// The same request from another address of this machine.
async fn status_from(address: [u8; 4], node: &Node, head: &str) -> String {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket
        .bind((Ipv4Addr::from(address), 0).into())
        .expect("Linux has all of 127/8");
    let mut stream = socket.connect(node.address()).await.expect("a connection");
    let host = node.address();
    let head =
        format!("{head} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer.lines().next().unwrap_or_default().to_owned()
}

/// It takes the places of one client, not those of others, and probes of the node are
/// answered from the same address, too.
#[tokio::test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux has all of 127/8")]
async fn silent_connections_of_one_address_do_not_shut_out_others() {
    let node = Node::start().await;
    let client = node.connect().await;
    let open = flood(&node, 2_100).await;
    for path in ["/livez", "/readyz", "/health", "/metrics"] {
        assert_eq!(node.get(path).await.status, 200, "{path}");
    }
    let refused = ping(&node).send().await;
    assert_eq!((refused.status, refused.code()), (503, -32603));
    assert_eq!(refused.header("connection"), Some("close"));
    assert_eq!(refused.header("retry-after"), Some("1"));
    let options = status_from([127, 0, 0, 2], &node, "OPTIONS /mcp").await;
    assert_eq!(options, "HTTP/1.1 204 No Content");
    assert_eq!(client.ping().await.status, 200, "it has kept its connection");
    drop(open);
    eventually("its places are free again", PATIENCE, async || {
        (ping(&node).send().await.status == 400).then_some(())
    })
    .await;
}
