//! The domain through its public door: a session calls its tools.

#![allow(clippy::expect_used)]

use std::sync::Arc;

use ch03_sessions::calculator::Calculator;
use ch03_sessions::calculator::arithmetic::Operation;
use ch03_sessions::engine::Engine;
use ch03_sessions::protocol::errors::{
    INVALID_PARAMS, RESOURCE_NOT_FOUND, RpcError,
};
use ch03_sessions::protocol::jsonrpc::{Request, RequestId};
use ch03_sessions::protocol::to_raw;
use ch03_sessions::sessions::SessionRecord;
use serde_json::{Value, json};

struct Client {
    engine: Engine,
    session: SessionRecord,
}

impl Client {
    async fn connect() -> Self {
        let engine = Engine::new(Arc::new(Calculator::default()));
        let params = to_raw(&json!({ "protocolVersion": "2025-11-25" }));
        let (id, _) = engine.initialize(Some(&params)).await.expect("a handshake");
        let session = engine.load(&id).await.expect("a session");
        Self { engine, session }
    }

    async fn ask(&self, method: &str, params: Value) -> Result<Value, RpcError> {
        let id = RequestId::Number(1);
        let params = Some(to_raw(&params));
        let request = Request { id, method: method.into(), params };
        let result = self.engine.call(self.session.clone(), &request).await?;
        Ok(serde_json::from_str(result.get()).expect("JSON"))
    }

    async fn calculate(&self, arguments: Value) -> (String, bool) {
        let params = json!({ "name": "calculate", "arguments": arguments });
        let result = self.ask("tools/call", params).await.expect("a result");
        let text = result["content"][0]["text"].as_str().unwrap_or_default();
        (text.to_owned(), result["isError"] == true)
    }

    async fn history(&self) -> Value {
        let params = json!({ "uri": "calculator://history" });
        let result = self.ask("resources/read", params).await.expect("a result");
        let text = result["contents"][0]["text"].as_str().unwrap_or_default();
        serde_json::from_str(text).expect("JSON")
    }
}

#[tokio::test]
async fn a_result_is_written_as_a_person_would_write_it() {
    let client = Client::connect().await;
    for (arguments, written) in [
        (json!({"a": 100, "b": 50, "op": "add"}), "100 add 50 = 150"),
        (json!({"a": 1, "b": 1.5, "op": "subtract"}), "1 subtract 1.5 = -0.5"),
        (json!({"a": 7, "b": 2, "op": "divide"}), "7 divide 2 = 3.5"),
    ] {
        let expected = (written.to_owned(), false);
        assert_eq!(client.calculate(arguments).await, expected);
    }
}

/// L106: the model reads a result, not a protocol error, and tries again.
#[tokio::test]
async fn bad_arguments_are_a_result_that_names_the_rule() {
    let client = Client::connect().await;
    for arguments in [
        json!(null),
        json!([1, 2, "add"]),
        json!({"a": "1", "b": 2, "op": "add"}),
        json!({"a": 1, "b": 2, "op": "modulo"}),
        json!({"a": 1, "b": 2, "op": "add", "c": 3}),
    ] {
        let (text, is_error) = client.calculate(arguments).await;
        assert!(is_error);
        assert!(text.starts_with("a and b must be numbers, op must be"), "{text}");
    }
}

#[test]
fn what_json_cannot_hold_is_no_result() {
    assert!(Operation::Divide.apply(1.0, 0.0).is_err());
    assert!(Operation::Divide.apply(0.0, 0.0).is_err());
    assert!(Operation::Multiply.apply(1e300, 1e300).is_err());
    assert_eq!(Operation::Divide.apply(0.0, 5.0), Ok(0.0));
}

#[tokio::test]
async fn what_does_not_exist_is_an_error_of_the_protocol() {
    let client = Client::connect().await;
    let tool = json!({ "name": "translate", "arguments": {} });
    let refused = client.ask("tools/call", tool).await;
    assert_eq!(refused.map_err(|error| error.code), Err(INVALID_PARAMS));
    let resource = json!({ "uri": "calculator://future" });
    let refused = client.ask("resources/read", resource).await;
    assert_eq!(refused.map_err(|error| error.code), Err(RESOURCE_NOT_FOUND));
}

#[tokio::test]
async fn only_what_has_a_result_is_remembered() {
    let client = Client::connect().await;
    assert_eq!(client.history().await, json!([]));
    client.calculate(json!({"a": 1, "b": 0, "op": "divide"})).await;
    client.calculate(json!({"a": 6, "b": 3, "op": "divide"})).await;
    client.calculate(json!({"a": 6})).await;
    let expected =
        json!([{ "operation": "divide", "inputs": [6.0, 3.0], "result": 2.0 }]);
    assert_eq!(client.history().await, expected);
}

/// A tool that finishes after its session has ended leaves nothing behind.
#[tokio::test]
async fn a_call_of_an_ended_session_is_refused() {
    let client = Client::connect().await;
    assert!(client.engine.terminate(&client.session.id).await);
    let params = json!({
        "name": "calculate",
        "arguments": {"a": 1, "b": 1, "op": "add"},
    });
    let refused = client.ask("tools/call", params).await;
    let sentence = refused.map_err(|error| error.message);
    assert_eq!(sentence, Err("session not found".to_owned()));
}
