//! The engine, with a domain that is no calculator.

use std::sync::Arc;

use async_trait::async_trait;
use ch02_clean_architecture::calculator::Calculator;
use ch02_clean_architecture::engine::Engine;
use ch02_clean_architecture::protocol::RawJson;
use ch02_clean_architecture::protocol::errors::RpcError;
use ch02_clean_architecture::protocol::jsonrpc::{Request, RequestId};
use ch02_clean_architecture::protocol::lifecycle::ServerInfo;
use ch02_clean_architecture::protocol::tools::{Tool, ToolResult};
use ch02_clean_architecture::service::Service;
use serde_json::value::RawValue;

/// Answers with the text of the arguments.
struct Echo;

#[async_trait]
impl Service for Echo {
    fn info(&self) -> ServerInfo {
        Calculator::default().info()
    }

    fn tools(&self) -> &[Tool] {
        &[]
    }

    async fn call_tool(
        &self,
        _name: &str,
        arguments: Option<&RawJson>,
    ) -> Result<ToolResult, RpcError> {
        Ok(ToolResult::text(arguments.map_or("none", |raw| raw.get())))
    }
}

#[tokio::test]
async fn the_service_receives_the_digits_that_the_client_sent() {
    let digits = "0.12345678901234567890123456789";
    let params = format!(r#"{{"name":"echo","arguments":{{"a":{digits}}}}}"#);
    let params = RawValue::from_string(params).expect("JSON");
    let (id, method) = (RequestId::Number(1), "tools/call".to_owned());
    let request = Request { id, method, params: Some(params) };

    let result = Engine::new(Arc::new(Echo)).dispatch(&request).await;
    let result = result.expect("a result");
    let is_whole = result.get().contains(digits);
    assert!(is_whole, "the arguments arrive as they were sent: {result}");
}
