//! The trait boundary for a domain: [`Service`], and what its handlers may use.
//!
//! Another domain replaces `calculator/` by its own [`Service`] and keeps
//! everything else.

pub mod asking;
pub mod changes;
pub mod context;
pub mod error;
pub(crate) mod node_context;
pub(crate) mod scope;
pub mod session;
mod session_ref;
pub mod subscriptions;

use std::collections::BTreeMap;

use async_trait::async_trait;

pub use changes::ChangePublisher;
pub use context::Context;
pub use error::ServiceError;
pub use session::{Session, SessionHandle};
pub use subscriptions::Subscriptions;

use crate::protocol::RawJson;
use crate::protocol::caching::CacheHint;
use crate::protocol::completion::{CompleteParams, Completion};
use crate::protocol::content::ResourceContents;
use crate::protocol::lifecycle::ServerInfo;
use crate::protocol::prompts::{Prompt, PromptResult};
use crate::protocol::resources::{Resource, ResourceTemplate};
use crate::protocol::tools::{Tool, ToolResult};
use crate::protocol::version::Era;
use crate::sessions::SessionInit;

/// The arguments of a tool call. They are valid by the tool's input schema.
#[derive(Debug)]
pub struct Arguments(pub RawJson);

impl Arguments {
    /// Parses the arguments as the type from which the schema was generated.
    ///
    /// # Errors
    /// [`ServiceError::InvalidParams`] if the type is stricter than its schema.
    pub fn parse<'a, T: serde::Deserialize<'a>>(
        &'a self,
    ) -> Result<T, ServiceError> {
        serde_json::from_str(self.0.get()).map_err(|_| {
            ServiceError::InvalidParams("arguments do not fit the tool".into())
        })
    }
}

/// The subject of a resource: the state from which it is computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The whole deployment, or the caller's session.
    Caller,
    /// The tape with this id.
    Tape(String),
}

/// A domain. All lists must be the same on every node and for the whole life of
/// the process; the engine compiles the schemas once.
///
/// Handlers run as long as they need. A cancelled call is dropped at its next
/// `await`, so changes that belong together must be one step of a
/// [`SessionHandle`].
#[async_trait]
pub trait Service: Send + Sync + 'static {
    /// Returns the name, the version and the capabilities.
    fn info(&self) -> ServerInfo;

    /// Returns the tools, in the order in which they are listed.
    fn tools(&self, era: Era) -> &[Tool];

    /// Runs a tool that is in the list, with arguments that fit its schema.
    async fn call_tool(
        &self,
        cx: &Context,
        name: &str,
        arguments: Arguments,
    ) -> Result<ToolResult, ServiceError>;

    /// Returns whether a tool acts through its [`Context`] alone. Its call may then
    /// start before storage has confirmed the session, and waits for storage once
    /// instead of twice: if the session turns out to be gone, nothing of the call
    /// is kept or answered. All other calls start afterwards.
    fn stays_in_context(&self, _tool: &str) -> bool {
        false
    }

    /// Returns the resources that can be read: those of the session, and those that
    /// all callers share. Without a session they are the same for all callers
    /// (M138).
    fn resources(&self, _session: Option<&SessionInit>) -> Vec<Resource> {
        Vec::new()
    }

    /// Returns the resource templates.
    fn resource_templates(&self, _era: Era) -> &[ResourceTemplate] {
        &[]
    }

    /// Reads a resource; [`ServiceError::ResourceNotFound`] if there is none.
    async fn read_resource(
        &self,
        _cx: &Context,
        _uri: &str,
    ) -> Result<Vec<ResourceContents>, ServiceError> {
        Err(ServiceError::ResourceNotFound)
    }

    /// Returns for how long a resource may be cached, and by which caches, in the
    /// stateless era.
    fn cache_hint(&self, _uri: &str) -> CacheHint {
        CacheHint::NONE
    }

    /// Returns the subject of this resource, if its changes are published.
    fn subject(
        &self,
        _session: Option<&SessionInit>,
        _uri: &str,
    ) -> Option<Subject> {
        None
    }

    /// Returns the resources that change when a session's handshake completes.
    fn changed_by_phase(&self, _session: &SessionInit) -> Vec<String> {
        Vec::new()
    }

    /// Returns the prompts, in the order in which they are listed.
    fn prompts(&self, _era: Era) -> &[Prompt] {
        &[]
    }

    /// Fills in a prompt of the list. The required arguments are present.
    async fn get_prompt(
        &self,
        _cx: &Context,
        _name: &str,
        _arguments: BTreeMap<String, String>,
    ) -> Result<PromptResult, ServiceError> {
        Err(ServiceError::InvalidParams("unknown prompt".into()))
    }

    /// Completes an argument that the user is typing.
    async fn complete(
        &self,
        _cx: &Context,
        _params: CompleteParams,
    ) -> Result<Completion, ServiceError> {
        Ok(Completion::default())
    }
}
