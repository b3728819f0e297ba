//! The second transport, at the other end of two pipes.

#![allow(clippy::expect_used)]

use std::sync::Arc;

use ch02_clean_architecture::calculator::Calculator;
use ch02_clean_architecture::engine::Engine;
use ch02_clean_architecture::stdio;

/// What the server writes until its input has ended.
async fn conversation(input: &str) -> Vec<String> {
    let engine = Arc::new(Engine::new(Arc::new(Calculator::default())));
    let mut output = Vec::new();
    let served = stdio::serve(engine, input.as_bytes(), &mut output).await;
    served.expect("memory does not fail");
    let text = String::from_utf8(output).expect("UTF-8");
    text.lines().map(str::to_owned).collect()
}

/// L011, L071: one line for each request, none for a notification.
#[tokio::test]
async fn every_request_is_answered_on_a_line_of_its_own() {
    let answers = conversation(concat!(
        r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#,
        "\n\n",
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        "\r\n",
        r#"{"jsonrpc":"2.0","id":"line\nbreak","method":"nothing"}"#,
        "\n",
    ))
    .await;
    assert_eq!(answers[0], r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
    assert!(answers[1].contains(r#""id":"line\nbreak""#), "{answers:?}");
    assert!(answers[1].contains("-32601"), "{answers:?}");
    assert_eq!(answers.len(), 2);
}

/// A line that is no message is refused, and the conversation goes on.
#[tokio::test]
async fn a_bad_line_does_not_end_the_conversation() {
    let answers = conversation(
        "hello\n[]\n\u{fffd}\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}",
    )
    .await;
    let codes = ["-32700", "-32600", "-32700", "\"result\""];
    assert_eq!(answers.len(), codes.len());
    for (answer, code) in answers.iter().zip(codes) {
        assert!(answer.contains(code), "{code} in {answer}");
    }
}
