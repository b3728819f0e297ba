//! The domain through its public door: a session calls its tools.

#![allow(clippy::expect_used)]

use std::sync::Arc;
use std::time::Duration;

use ch06_reconstruction::calculator::Calculator;
use ch06_reconstruction::calculator::arithmetic::Operation;
use ch06_reconstruction::engine::Engine;
use ch06_reconstruction::protocol::errors::{
    INVALID_PARAMS, RESOURCE_NOT_FOUND, RpcError,
};
use ch06_reconstruction::protocol::jsonrpc::{Request, RequestId};
use ch06_reconstruction::protocol::to_raw;
use ch06_reconstruction::sessions::{MemoryStore, SessionId, StoreSettings};
use serde_json::{Value, json};

struct Client {
    engine: Engine,
    session: SessionId,
}

impl Client {
    async fn connect() -> Self {
        let timeout = Duration::from_secs(1800);
        let store = Arc::new(MemoryStore::new(StoreSettings { timeout }));
        let engine = Engine::new(Arc::new(Calculator::default()), store);
        let params = to_raw(&json!({
            "protocolVersion": "2025-11-25",
            "clientInfo": { "name": "test", "version": "1" },
        }));
        let opened = engine.initialize(Some(&params)).await;
        let (session, _) = opened.expect("a handshake");
        Self { engine, session }
    }

    async fn ask(&self, method: &str, params: Value) -> Result<Value, RpcError> {
        let id = RequestId::Number(1);
        let params = Some(to_raw(&params));
        let request = Request { id, method: method.into(), params };
        let session = self.engine.load_and_touch(&self.session, 1).await?;
        let session = session.expect("a session");
        let result = self.engine.call(session, &request).await?;
        Ok(serde_json::from_str(result.get()).expect("JSON"))
    }

    async fn calculate(&self, arguments: Value) -> (String, bool) {
        let params = json!({ "name": "calculate", "arguments": arguments });
        let result = self.ask("tools/call", params).await.expect("a result");
        let text = result["content"][0]["text"].as_str().unwrap_or_default();
        (text.to_owned(), result["isError"] == true)
    }

    async fn history(&self) -> Value {
        self.read("calculator://history").await
    }

    async fn read(&self, uri: &str) -> Value {
        let params = json!({ "uri": uri });
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

/// A call that finishes after its session has ended leaves nothing behind.
#[tokio::test]
async fn a_call_of_an_ended_session_is_refused() {
    let client = Client::connect().await;
    let Client { engine, session } = &client;
    let found = engine.load_and_touch(session, 1).await.expect("memory");
    assert!(engine.terminate(session).await.expect("memory"));
    let params = to_raw(&json!({
        "name": "calculate",
        "arguments": {"a": 1, "b": 1, "op": "add"},
    }));
    let id = RequestId::Number(1);
    let method = "tools/call".to_owned();
    let request = Request { id, method, params: Some(params) };
    let refused = engine.call(found.expect("a session"), &request).await;
    let sentence = refused.map_err(|error| error.message).err();
    assert_eq!(sentence.as_deref(), Some("session not found"));
}

#[tokio::test]
async fn statistics_count_calculations_by_operation() {
    let client = Client::connect().await;
    for (op, b) in [("divide", 2), ("add", 2), ("divide", 0), ("divide", 4)] {
        client.calculate(json!({"a": 8, "b": b, "op": op})).await;
    }
    let expected = json!({
        "totalCalculations": 3,
        "activeSessions": 1,
        "operationBreakdown": [
            { "operation": "add", "count": 1 },
            { "operation": "divide", "count": 2 },
        ],
    });
    assert_eq!(client.read("calculator://stats").await, expected);
}

#[tokio::test]
async fn a_session_knows_what_it_has_done() {
    let client = Client::connect().await;
    client.calculate(json!({"a": 8, "b": 2, "op": "divide"})).await;
    let info = client.read(&format!("session://info/{}", client.session)).await;
    assert_eq!(info["sessionId"], client.session.to_string());
    let counted = (&info["requestCount"], &info["calculationCount"]);
    assert_eq!(counted, (&json!(2), &json!(1)));
    let other = format!("session://info/{}", SessionId::random());
    let refused = client.ask("resources/read", json!({ "uri": other })).await;
    let code = refused.map_err(|error| error.code);
    assert_eq!(code, Err(RESOURCE_NOT_FOUND), "not its own");
}
