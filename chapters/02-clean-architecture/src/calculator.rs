//! The domain: a calculator.
//!
//! It knows nothing of transports. Another domain is another implementation of
//! [`Service`].

mod arguments;
pub mod arithmetic;
mod calls;
mod tools;

use async_trait::async_trait;

use crate::protocol::RawJson;
use crate::protocol::errors::{INVALID_PARAMS, RpcError};
use crate::protocol::lifecycle::{
    EmptyObject, Implementation, ServerCapabilities, ServerInfo,
};
use crate::protocol::tools::{Tool, ToolResult};
use crate::service::Service;

/// The calculator.
#[derive(Debug)]
pub struct Calculator {
    tools: Vec<Tool>,
}

impl Default for Calculator {
    fn default() -> Self {
        Self { tools: tools::built_in() }
    }
}

#[async_trait]
impl Service for Calculator {
    fn info(&self) -> ServerInfo {
        ServerInfo {
            implementation: Implementation {
                name: "stateful-mcp-calculator".into(),
                title: Some("Stateful calculator".into()),
                version: "0.1.0".into(),
            },
            capabilities: ServerCapabilities { tools: Some(EmptyObject {}) },
        }
    }

    fn tools(&self) -> &[Tool] {
        &self.tools
    }

    async fn call_tool(
        &self,
        name: &str,
        arguments: Option<&RawJson>,
    ) -> Result<ToolResult, RpcError> {
        match name {
            tools::CALCULATE => Ok(calls::calculate(arguments)
                .map_or_else(ToolResult::error, ToolResult::text)),
            _ => Err(RpcError::new(INVALID_PARAMS, "unknown tool")),
        }
    }
}
