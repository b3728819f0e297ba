//! The interface between the engine and a domain.
//!
//! Another domain replaces `calculator/` by its own [`Service`] and keeps
//! everything else.

pub mod context;
pub mod session;

use async_trait::async_trait;

pub use context::Context;
pub use session::{Session, SessionHandle};

use crate::protocol::RawJson;
use crate::protocol::content::ResourceContents;
use crate::protocol::errors::RpcError;
use crate::protocol::lifecycle::ServerInfo;
use crate::protocol::resources::Resource;
use crate::protocol::tools::{Tool, ToolResult};
use crate::sessions::SessionInit;

/// A domain. All lists must stay the same while the process runs.
#[async_trait]
pub trait Service: Send + Sync + 'static {
    /// Name, version, capabilities.
    fn info(&self) -> ServerInfo;

    /// The tools, in the order in which they are listed.
    fn tools(&self) -> &[Tool];

    /// Runs a tool; absent arguments mean `{}`. It may wait, for a database or
    /// another service.
    ///
    /// # Errors
    /// If there is no such tool. A tool that fails has a result that says so.
    async fn call_tool(
        &self,
        cx: &Context,
        name: &str,
        arguments: Option<&RawJson>,
    ) -> Result<ToolResult, RpcError>;

    /// The resources, in the order in which they are listed.
    fn resources(&self, session: &SessionInit) -> Vec<Resource>;

    /// Reads a resource.
    ///
    /// # Errors
    /// If there is no such resource.
    async fn read_resource(
        &self,
        cx: &Context,
        uri: &str,
    ) -> Result<Vec<ResourceContents>, RpcError>;
}
