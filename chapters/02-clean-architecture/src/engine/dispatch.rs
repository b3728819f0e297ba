//! Dispatches a request by its method.

use serde::de::DeserializeOwned;
use serde_json::json;

use super::Engine;
use crate::protocol::errors::{INVALID_PARAMS, METHOD_NOT_FOUND, RpcError};
use crate::protocol::jsonrpc::Request;
use crate::protocol::tools::CallToolParams;
use crate::protocol::{RawJson, from_raw, to_raw};

impl Engine {
    /// Serves one request.
    ///
    /// # Errors
    /// The error to answer with.
    pub async fn dispatch(&self, request: &Request) -> Result<RawJson, RpcError> {
        let params = request.params.as_ref();
        match request.method.as_str() {
            "initialize" => self.initialize(params),
            "ping" => Ok(to_raw(&json!({}))),
            "tools/list" => Ok(to_raw(&json!({ "tools": self.service.tools() }))),
            "tools/call" => self.call_tool(params).await,
            _ => Err(RpcError::new(METHOD_NOT_FOUND, "method not found")),
        }
    }

    /// Calls a tool. Only an unknown tool is a protocol error. What goes wrong
    /// inside a tool is a result, so that the model can read it and try again.
    async fn call_tool(
        &self,
        params: Option<&RawJson>,
    ) -> Result<RawJson, RpcError> {
        let CallToolParams { name, arguments } = parse(params)?;
        Ok(to_raw(&self.service.call_tool(&name, arguments.as_ref()).await?))
    }
}

/// Reads parameters as the type that the method takes; absent ones as `{}`.
pub(super) fn parse<T: DeserializeOwned>(
    params: Option<&RawJson>,
) -> Result<T, RpcError> {
    let rule = "params do not fit the method";
    from_raw(params).ok_or_else(|| RpcError::new(INVALID_PARAMS, rule))
}
