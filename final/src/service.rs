//! The seam for a domain: what a service offers, and what its handlers may touch.
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
    /// The arguments as the type that the schema was made from.
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

/// What a resource tells about.
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
/// `await`. What must not be torn apart belongs into one step of a [`SessionHandle`].
#[async_trait]
pub trait Service: Send + Sync + 'static {
    /// Name, version, capabilities.
    fn info(&self) -> ServerInfo;

    /// The tools, in the order in which they are listed.
    fn tools(&self, era: Era) -> &[Tool];

    /// Runs a tool that is in the list, with arguments that fit its schema.
    async fn call_tool(
        &self,
        cx: &Context,
        name: &str,
        arguments: Arguments,
    ) -> Result<ToolResult, ServiceError>;

    /// Whether a tool does nothing but through its [`Context`]. Its call may then
    /// begin before storage has confirmed that the session is there, and waits for
    /// storage once and not twice: if the session turns out to be gone, nothing of
    /// the call is kept or answered. Everything else begins afterwards.
    fn stays_in_context(&self, _tool: &str) -> bool {
        false
    }

    /// The resources that can be read: those of the session and those of
    /// everybody. Without a session they are the same for all callers (M138).
    fn resources(&self, _session: Option<&SessionInit>) -> Vec<Resource> {
        Vec::new()
    }

    /// The families of resources.
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

    /// For how long a resource may be kept by whom, in the stateless era.
    fn cache_hint(&self, _uri: &str) -> CacheHint {
        CacheHint::NONE
    }

    /// What this resource tells about, if its changes are announced.
    fn subject(
        &self,
        _session: Option<&SessionInit>,
        _uri: &str,
    ) -> Option<Subject> {
        None
    }

    /// Resources that change when a session's handshake completes.
    fn changed_by_phase(&self, _session: &SessionInit) -> Vec<String> {
        Vec::new()
    }

    /// The prompts, in the order in which they are listed.
    fn prompts(&self, _era: Era) -> &[Prompt] {
        &[]
    }

    /// Fills in a prompt that is in the list; its required arguments are there.
    async fn get_prompt(
        &self,
        _cx: &Context,
        _name: &str,
        _arguments: BTreeMap<String, String>,
    ) -> Result<PromptResult, ServiceError> {
        Err(ServiceError::InvalidParams("unknown prompt".into()))
    }

    /// Values for an argument that is being typed.
    async fn complete(
        &self,
        _cx: &Context,
        _params: CompleteParams,
    ) -> Result<Completion, ServiceError> {
        Ok(Completion::default())
    }
}
