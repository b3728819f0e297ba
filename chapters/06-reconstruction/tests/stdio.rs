//! The second transport, at the other end of two pipes.

#![allow(clippy::expect_used)]

use std::sync::Arc;
use std::time::Duration;

use ch06_reconstruction::calculator::Calculator;
use ch06_reconstruction::engine::Engine;
use ch06_reconstruction::sessions::{MemoryStore, StoreSettings};
use ch06_reconstruction::stdio;
use serde_json::{Value, json};

/// What the server writes until its input has ended.
async fn conversation(input: &str) -> Vec<Value> {
    let timeout = Duration::from_secs(1800);
    let store = Arc::new(MemoryStore::new(StoreSettings { timeout }));
    let engine = Engine::new(Arc::new(Calculator::default()), store);
    let mut output = Vec::new();
    let served =
        stdio::serve(Arc::new(engine), input.as_bytes(), &mut output).await;
    served.expect("memory does not fail");
    let text = String::from_utf8(output).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn request(id: i64, method: &str, params: Value) -> String {
    let message =
        json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
    format!("{message}\n")
}

fn initialize(id: i64) -> String {
    let params = json!({
        "protocolVersion": "2025-11-25",
        "clientInfo": { "name": "test", "version": "1" },
    });
    request(id, "initialize", params)
}

/// L011, L071: one line for each request, none for a notification.
#[tokio::test]
async fn every_request_is_answered_on_a_line_of_its_own() {
    let answers = conversation(concat!(
        r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#,
        "\n\n",
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        "\r\n",
        r#"{"jsonrpc":"2.0","id":"line\nbreak","method":"ping"}"#,
        "\n",
    ))
    .await;
    let ids: Vec<&Value> = answers.iter().map(|answer| &answer["id"]).collect();
    assert_eq!(ids, [&json!(1), &json!("line\nbreak")]);
}

/// A line that is no message is refused, and the conversation goes on.
#[tokio::test]
async fn a_bad_line_does_not_end_the_conversation() {
    let input = format!("hello\n[]\n\u{fffd}\n{}", request(1, "ping", json!({})));
    let answers = conversation(&input).await;
    let codes: Vec<&Value> =
        answers.iter().map(|answer| &answer["error"]["code"]).collect();
    assert_eq!(
        codes,
        [&json!(-32700), &json!(-32600), &json!(-32700), &json!(null)]
    );
}

/// L020, L083: `initialize` comes first, and once; a ping may come before it.
#[tokio::test]
async fn the_connection_is_the_session() {
    let calculate = json!({
        "name": "calculate",
        "arguments": {"a": 100, "b": 50, "op": "add"},
    });
    let history = json!({ "uri": "calculator://history" });
    let answers = conversation(
        &[
            request(1, "tools/list", json!({})),
            initialize(2),
            request(3, "tools/call", calculate),
            initialize(4),
            request(5, "resources/read", history),
        ]
        .concat(),
    )
    .await;
    assert_eq!(answers[0]["error"]["code"], -32600);
    assert_eq!(answers[1]["result"]["protocolVersion"], "2025-11-25");
    assert_eq!(answers[3]["error"]["code"], -32600);
    let text = answers[4]["result"]["contents"][0]["text"].as_str();
    assert!(text.is_some_and(|text| text.contains("150")), "{answers:?}");
}
