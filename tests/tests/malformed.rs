//! Ten thousand requests that nobody would send on purpose. None of them may
//! cost the server more than a refusal.

use std::thread;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use reqwest::Client as Http;
use serde_json::{Value as Json, json};
use suite::http::http_client;
use suite::{Attempt, Client, Node};

/// How many requests are sent, by so many clients at once.
const REQUESTS: u32 = 10_000;
const CLIENTS: u32 = 4;

/// A request that is probably wrong.
#[derive(Debug, Clone)]
struct Odd {
    method: String,
    path: String,
    headers: Vec<(&'static str, String)>,
    in_session: bool,
    body: Vec<u8>,
}

fn odd() -> impl Strategy<Value = Odd> {
    let method = prop_oneof![
        8 => Just("POST".to_owned()),
        2 => select(vec!["GET", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE"])
            .prop_map(str::to_owned),
        1 => "[A-Z]{3,9}".prop_filter("a tunnel is no request", |m| m != "CONNECT"),
    ];
    let path = prop_oneof![
        9 => Just("/mcp".to_owned()),
        1 => "/[a-z0-9._~/?=&-]{0,20}",
    ];
    (method, path, vec(header(), 0..6), any::<bool>(), body()).prop_map(
        |(method, path, headers, in_session, body)| Odd {
            method,
            path,
            headers,
            in_session,
            body,
        },
    )
}

fn header() -> impl Strategy<Value = (&'static str, String)> {
    let text = || "[!-~é]{0,40}";
    let one_of = |values: &'static [&'static str]| {
        select(values).prop_map(str::to_owned).boxed()
    };
    prop_oneof![
        (
            Just("content-type"),
            prop_oneof![
                one_of(&[
                    "application/json",
                    "application/json; charset=utf-8",
                    "APPLICATION/JSON",
                    "application/json;",
                    "text/plain",
                    "application/jsonp",
                ]),
                text().boxed(),
            ],
        ),
        (
            Just("accept"),
            prop_oneof![
                one_of(&[
                    "application/json",
                    "text/event-stream",
                    "*/*",
                    "text/*;q=0",
                    "application/json;q=nan",
                    ",,;;",
                ]),
                text().boxed(),
            ],
        ),
        (
            Just("mcp-protocol-version"),
            prop_oneof![
                one_of(&["2025-03-26", "2025-11-25", "2026-07-28", "1999-01-01"]),
                text().boxed(),
            ],
        ),
        (
            Just("mcp-session-id"),
            prop_oneof![
                one_of(&["11111111-2222-4333-8444-555555555555", "{}", "mcp:*"]),
                text().boxed(),
            ],
        ),
        (Just("last-event-id"), text().boxed()),
        (Just("origin"), text().boxed()),
        (Just("host"), text().boxed()),
        (Just("authorization"), text().boxed()),
    ]
}

/// Messages that would be right, to be broken.
fn right() -> impl Strategy<Value = String> {
    let request = |method: &str, params: Json| {
        suite::client::message(json!(1), method, params).to_string()
    };
    let sum = json!({ "a": 1, "b": 2, "op": "add" });
    let client = json!({ "name": "malformed", "version": "1" });
    let reference = json!({ "type": "ref/prompt", "name": "explain-calculation" });
    let argument = json!({ "name": "level", "value": "b" });
    let complete = json!({ "ref": reference, "argument": argument });
    let opened = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": client,
    });
    let many = json!({ "calculations": [sum, sum, sum] });
    select(vec![
        request("initialize", opened),
        request("ping", json!({})),
        request("tools/list", json!({ "cursor": "YXQ6MQ" })),
        request("tools/call", named("calculate", &sum)),
        request("tools/call", named("batch_calculate", &many)),
        request("resources/read", json!({ "uri": "calculator://history" })),
        request("resources/subscribe", json!({ "uri": "calculator://stats" })),
        request("prompts/get", named("explain-calculation", &json!({}))),
        request("completion/complete", complete),
        request("logging/setLevel", json!({ "level": "debug" })),
        json!({ "jsonrpc": "2.0", "id": 1, "result": {} }).to_string(),
        json!({
            "jsonrpc": "2.0",
            "method": "notifications/cancelled",
            "params": { "requestId": 1 },
        })
        .to_string(),
    ])
}

fn named(name: &str, arguments: &Json) -> Json {
    json!({ "name": name, "arguments": arguments })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let strange = || {
        let values = [
            "null",
            "true",
            "-0",
            "1.5",
            "1e400",
            "-1e400",
            "1E+2",
            "{}",
            "[]",
            "\"\"",
            "99999999999999999999999999",
            "-9223372036854775809",
            "\"\\ud800\"",
            "\"\\u0000\"",
            "0x10",
            "NaN",
            "{\"a\":1,\"a\":2}",
            "[[[[[[[[]]]]]]]]",
        ];
        select(values.map(str::to_owned).to_vec())
    };
    let cut = (right(), any::<prop::sample::Index>())
        .prop_map(|(text, at)| text.as_bytes()[..at.index(text.len())].to_vec());
    let mutated = (right(), vec((any::<prop::sample::Index>(), any::<u8>()), 1..6))
        .prop_map(|(text, changes)| {
            let mut bytes = text.into_bytes();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes
        });
    let id = (right(), strange()).prop_map(|(text, id)| {
        text.replace("\"id\":1", &format!("\"id\":{id}")).into_bytes()
    });
    let params = (right(), strange()).prop_map(|(text, params)| {
        match text.split_once("\"params\":") {
            Some((head, _)) => format!("{head}\"params\":{params}}}"),
            None => text,
        }
        .into_bytes()
    });
    let numbers = (right(), strange()).prop_map(|(text, number)| {
        text.replace("\"a\":1", &format!("\"a\":{number}")).into_bytes()
    });
    let deep = (select(vec!["[", "{\"a\":", "[{\"b\":"]), 1..3000_usize)
        .prop_map(|(opening, depth)| opening.repeat(depth).into_bytes());
    let nested = (right(), 1..200_usize).prop_map(|(text, depth)| {
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        text.replacen("{}", &deep, 1).into_bytes()
    });
    let batch = vec(right(), 0..60)
        .prop_map(|messages| format!("[{}]", messages.join(",")).into_bytes());
    prop_oneof![
        vec(any::<u8>(), 0..300),
        cut,
        mutated,
        id,
        params,
        numbers,
        deep,
        nested,
        batch,
        right().prop_map(String::into_bytes),
    ]
}

/// Sends the request. A GET that opens a stream is left at once; a DELETE never
/// names the session that all others use.
async fn send(
    http: &Http,
    node: &Node,
    session: &str,
    odd: Odd,
) -> Result<(), TestCaseError> {
    let mut attempt = Attempt::on(http.clone(), node.address(), &odd.method)
        .path(&odd.path)
        .body(odd.body);
    if odd.in_session && odd.method != "DELETE" {
        attempt = attempt.header("mcp-session-id", session);
    }
    for (name, value) in odd.headers {
        attempt = attempt.header(name, value);
    }
    let failed = |error: reqwest::Error| TestCaseError::fail(format!("{error:?}"));
    let stream = attempt.try_open().await.map_err(failed)?;
    prop_assert!(stream.status < 500, "status {}", stream.status);
    if !(stream.request.method == "GET" && stream.is_stream()) {
        stream.try_rest().await.map_err(failed)?;
    }
    Ok(())
}

/// One client's share of the requests, on connections that it uses again.
fn send_many(node: &Node, session: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap_or_else(|error| panic!("no runtime: {error}"));
    let http = http_client();
    let config = Config {
        cases: REQUESTS / CLIENTS,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&odd(), |odd| runtime.block_on(send(&http, node, session, odd)))
        .unwrap_or_else(|failure| panic!("{failure}\n{}", node.stderr()));
}

/// L009, L033, L080, L117: no 5xx, no broken connection, and alive afterwards.
#[test]
fn ten_thousand_malformed_requests_do_no_harm() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (node, client) = runtime.block_on(async {
        let node = Node::builder()
            .set("MAX_SESSIONS_PER_CLIENT", 1_000_000)
            .set("MAX_BODY", 10_000)
            .start()
            .await;
        let client = Client::connect(&node).await;
        (node, client)
    });
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| send_many(&node, client.session_id()));
        }
    });
    runtime.block_on(async {
        assert_eq!(client.ping().await.status, 200, "the session took no harm");
        node.assert_alive().await;
        let log = node.stop().await;
        assert!(!log.contains("panicked"), "{log}");
    });
}
