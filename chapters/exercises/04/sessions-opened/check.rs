//! `sessionsOpened` in the statistics.

use std::sync::Arc;
use std::time::Duration;

use ch04_store_trait::calculator::Calculator;
use ch04_store_trait::engine::Engine;
use ch04_store_trait::protocol::errors::RpcError;
use ch04_store_trait::protocol::jsonrpc::{Request, RequestId};
use ch04_store_trait::protocol::to_raw;
use ch04_store_trait::sessions::{MemoryStore, SessionRecord, StoreSettings};
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
async fn sessions_are_counted_when_they_are_opened() {
    let timeout = Duration::from_secs(60);
    let store = Arc::new(MemoryStore::new(StoreSettings { timeout }));
    let engine = Engine::new(Arc::new(Calculator::default()), store);
    let params = to_raw(&json!({ "protocolVersion": "2025-11-25" }));
    let mut ids = Vec::new();
    for _ in 0..2 {
        let (id, _) = engine.initialize(Some(&params)).await.expect("a handshake");
        ids.push(id);
    }
    assert!(engine.terminate(&ids[0]).await.expect("memory"));
    let session = engine.load_and_touch(&ids[1]).await;
    let session = session.expect("memory").expect("a session");

    let stats = json!({ "uri": "calculator://stats" });
    let read = ask(&engine, &session, "resources/read", stats).await;
    let read = read.expect("statistics").replace('\\', "");
    assert!(read.contains("\"sessionsOpened\":2"), "sessionsOpened: 2 in {read}");
    assert!(read.contains("\"activeSessions\":1"), "activeSessions: 1 in {read}");
}
