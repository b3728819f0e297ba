//! `calculator://last`

use std::sync::Arc;

use ch03_sessions::calculator::Calculator;
use ch03_sessions::engine::Engine;
use ch03_sessions::protocol::errors::RpcError;
use ch03_sessions::protocol::jsonrpc::{Request, RequestId};
use ch03_sessions::protocol::to_raw;
use ch03_sessions::sessions::SessionRecord;
use serde_json::{Value, json};

async fn ask(
    engine: &Engine,
    session: &SessionRecord,
    method: &str,
    params: Value,
) -> Result<String, RpcError> {
    let (id, method) = (RequestId::Number(1), method.to_owned());
    let request = Request { id, method, params: Some(to_raw(&params)) };
    let result = engine.call(session.clone(), &request).await?;
    Ok(result.get().to_owned())
}

#[tokio::test]
async fn the_last_calculation_can_be_read() {
    let engine = Engine::new(Arc::new(Calculator::default()));
    let params = to_raw(&json!({ "protocolVersion": "2025-11-25" }));
    let (id, _) = engine.initialize(Some(&params)).await.expect("a handshake");
    let session = engine.load(&id).await.expect("a session");
    let last = json!({ "uri": "calculator://last" });

    let none = ask(&engine, &session, "resources/read", last.clone()).await;
    assert!(none.is_err(), "there is none yet: {none:?}");
    for b in [1, 2] {
        let call = json!({
            "name": "calculate",
            "arguments": { "a": 40, "b": b, "op": "add" },
        });
        ask(&engine, &session, "tools/call", call).await.expect("a result");
    }
    let read = ask(&engine, &session, "resources/read", last).await;
    let read = read.unwrap_or_else(|error| error.message);
    let is_last = read.contains("42") && !read.contains("41");
    assert!(is_last, "calculator://last is the last calculation: {read}");
}
