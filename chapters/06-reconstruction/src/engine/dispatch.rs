//! Dispatches a request by its method.

use serde::de::DeserializeOwned;
use serde_json::json;

use super::Engine;
use crate::protocol::errors::{INVALID_PARAMS, METHOD_NOT_FOUND, RpcError};
use crate::protocol::jsonrpc::Request;
use crate::protocol::resources::ResourceParams;
use crate::protocol::tools::CallToolParams;
use crate::protocol::{RawJson, from_raw, to_raw};
use crate::service::Context;

impl Engine {
    /// Serves one request.
    pub(super) async fn dispatch(
        &self,
        cx: &Context,
        request: &Request,
    ) -> Result<RawJson, RpcError> {
        let params = request.params.as_ref();
        match request.method.as_str() {
            "ping" => Ok(to_raw(&json!({}))),
            "tools/list" => Ok(to_raw(&json!({ "tools": self.service.tools() }))),
            "tools/call" => self.call_tool(cx, params).await,
            "resources/list" => {
                let resources = self.service.resources(cx.session());
                Ok(to_raw(&json!({ "resources": resources })))
            }
            "resources/read" => self.read_resource(cx, params).await,
            _ => Err(RpcError::new(METHOD_NOT_FOUND, "method not found")),
        }
    }

    /// Calls a tool. Only an unknown tool is a protocol error. What goes wrong
    /// inside a tool is a result, so that the model can read it and try again.
    async fn call_tool(
        &self,
        cx: &Context,
        params: Option<&RawJson>,
    ) -> Result<RawJson, RpcError> {
        let CallToolParams { name, arguments } = parse(params)?;
        Ok(to_raw(&self.service.call_tool(cx, &name, arguments.as_ref()).await?))
    }

    async fn read_resource(
        &self,
        cx: &Context,
        params: Option<&RawJson>,
    ) -> Result<RawJson, RpcError> {
        let ResourceParams { uri } = parse(params)?;
        let contents = self.service.read_resource(cx, &uri).await?;
        Ok(to_raw(&json!({ "contents": contents })))
    }
}

/// Reads parameters as the type that the method takes; absent ones as `{}`.
pub(super) fn parse<T: DeserializeOwned>(
    params: Option<&RawJson>,
) -> Result<T, RpcError> {
    let rule = "params do not fit the method";
    from_raw(params).ok_or_else(|| RpcError::new(INVALID_PARAMS, rule))
}
