//! The domain: a calculator.
//!
//! It knows nothing of transports. Another domain is another implementation of
//! [`Service`].

mod arguments;
pub mod arithmetic;
mod calls;
mod resources;
mod tools;

use async_trait::async_trait;

use crate::protocol::RawJson;
use crate::protocol::content::ResourceContents;
use crate::protocol::errors::{INVALID_PARAMS, RpcError};
use crate::protocol::lifecycle::{
    EmptyObject, Implementation, ServerCapabilities, ServerInfo,
};
use crate::protocol::resources::Resource;
use crate::protocol::tools::{Tool, ToolResult};
use crate::service::{Context, Service};
use crate::sessions::SessionInit;

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
            capabilities: ServerCapabilities {
                tools: Some(EmptyObject {}),
                resources: Some(EmptyObject {}),
            },
        }
    }

    fn tools(&self) -> &[Tool] {
        &self.tools
    }

    async fn call_tool(
        &self,
        cx: &Context,
        name: &str,
        arguments: Option<&RawJson>,
    ) -> Result<ToolResult, RpcError> {
        match name {
            tools::CALCULATE => calls::calculate(cx, arguments).await,
            _ => Err(RpcError::new(INVALID_PARAMS, "unknown tool")),
        }
    }

    fn resources(&self, session: &SessionInit) -> Vec<Resource> {
        resources::list(session)
    }

    async fn read_resource(
        &self,
        cx: &Context,
        uri: &str,
    ) -> Result<Vec<ResourceContents>, RpcError> {
        resources::read(cx, uri).await
    }
}
