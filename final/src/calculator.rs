//! The domain: a calculator that remembers what it has calculated.
//!
//! It does not depend on transports, storage or nodes. Another domain is another
//! implementation of [`Service`].

mod arguments;
pub mod arithmetic;
mod calls;
pub mod formulas;
pub mod history;
pub mod number;
pub mod prompts;
pub mod resources;
mod results;
mod tapes;
mod tools;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

use crate::protocol::caching::CacheHint;
use crate::protocol::completion::{CompleteParams, Completion, Reference};
use crate::protocol::content::ResourceContents;
use crate::protocol::lifecycle::{
    EmptyObject, Implementation, ListCapability, ResourcesCapability,
    ServerCapabilities, ServerInfo,
};
use crate::protocol::prompts::{Prompt, PromptResult};
use crate::protocol::resources::{Resource, ResourceTemplate};
use crate::protocol::tools::{Tool, ToolResult};
use crate::protocol::version::Era;
use crate::service::{Arguments, Context, Service, ServiceError, Subject};
use crate::sessions::SessionInit;

const INSTRUCTIONS: &str = "A calculator with a memory. If there is a tool open_tape, \
    nothing is kept by itself: call open_tape once, before the first calculation that is \
    to be remembered, pass its tape_id to every calculate, batch_calculate and \
    advanced_calculate, and read calculator://tapes/{tape_id}/history. If there is no such \
    tool, every calculation is recorded in the session: read calculator://history for \
    all of them, or calculator://history/{calculationId} for one. Use batch_calculate \
    for several calculations at once. calculator://help explains every tool.";

/// The settings that a deployment may choose.
#[derive(Debug, Clone)]
pub struct CalculatorSettings {
    /// The pause between two steps of `demo_progress`.
    pub progress_interval: Duration,
    /// Sessions and tapes have an audit trail.
    pub has_audit_trail: bool,
    /// The name of the sample tool; `None` if there is no sample tool.
    pub sample_tool: Option<String>,
}

impl Default for CalculatorSettings {
    fn default() -> Self {
        Self {
            progress_interval: Duration::from_millis(200),
            has_audit_trail: true,
            sample_tool: None,
        }
    }
}

/// The reason why the sample tool cannot have its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SampleToolError {
    /// No client could call a tool with this name.
    #[error(
        "the sample tool cannot be called {0:?}: choose 1 to 128 characters out of \
         A-Z, a-z, 0-9, underscore, hyphen and dot"
    )]
    BadName(String),
    /// A built-in tool has this name.
    #[error(
        "the sample tool cannot be called {0:?}, which is a built-in tool: choose \
         another name"
    )]
    NameTaken(String),
}

/// The calculator.
#[derive(Debug)]
pub struct Calculator {
    settings: CalculatorSettings,
    stateful: Lists,
    stateless: Lists,
    prompts: Vec<Prompt>,
}

/// The tools and resource templates for the clients of one era.
#[derive(Debug)]
struct Lists {
    tools: Vec<Tool>,
    templates: Vec<ResourceTemplate>,
}

impl Lists {
    fn of(era: Era, settings: &CalculatorSettings) -> Self {
        let mut tools = tools::built_in(era);
        tools.extend(settings.sample_tool.as_deref().map(tools::sample));
        let templates = resources::templates(era, settings.has_audit_trail);
        Self { tools, templates }
    }
}

impl Calculator {
    /// Makes a calculator with the built-in tools and, if it has a name, the sample
    /// tool.
    ///
    /// # Errors
    /// [`SampleToolError`] if the sample tool cannot have its name.
    pub fn new(settings: CalculatorSettings) -> Result<Self, SampleToolError> {
        if let Some(name) = &settings.sample_tool {
            if !Tool::is_valid_name(name) {
                return Err(SampleToolError::BadName(name.clone()));
            }
            let built_in = Era::BOTH.into_iter().flat_map(tools::built_in);
            if built_in.into_iter().any(|tool| tool.name == *name) {
                return Err(SampleToolError::NameTaken(name.clone()));
            }
        }
        let [stateful, stateless] = Era::BOTH.map(|era| Lists::of(era, &settings));
        Ok(Self { settings, stateful, stateless, prompts: prompts::list() })
    }

    fn lists(&self, era: Era) -> &Lists {
        match era {
            Era::Stateful(_) => &self.stateful,
            Era::Stateless => &self.stateless,
        }
    }
}

#[async_trait]
impl Service for Calculator {
    fn info(&self) -> ServerInfo {
        ServerInfo {
            implementation: Implementation {
                name: "stateful-mcp-calculator".into(),
                title: Some("Stateful calculator".into()),
                version: env!("CARGO_PKG_VERSION").into(),
            },
            capabilities: ServerCapabilities {
                tools: Some(ListCapability::default()),
                resources: Some(ResourcesCapability {
                    subscribe: true,
                    list_changed: false,
                }),
                prompts: Some(ListCapability::default()),
                logging: Some(EmptyObject {}),
                completions: Some(EmptyObject {}),
            },
            instructions: Some(INSTRUCTIONS.into()),
        }
    }

    fn tools(&self, era: Era) -> &[Tool] {
        &self.lists(era).tools
    }

    async fn call_tool(
        &self,
        cx: &Context,
        name: &str,
        arguments: Arguments,
    ) -> Result<ToolResult, ServiceError> {
        match name {
            tools::CALCULATE => calls::calculate(cx, arguments.parse()?).await,
            tools::BATCH => calls::batch(cx, arguments.parse()?).await,
            tools::ADVANCED => calls::advanced(cx, arguments.parse()?).await,
            tools::DEMO => {
                let interval = self.settings.progress_interval;
                Ok(calls::demo(cx, arguments.parse()?, interval).await)
            }
            tools::CLEAR => tapes::confirm_clear(cx, arguments.parse()?).await,
            tools::OPEN_TAPE => tapes::open(cx).await,
            tools::CLOSE_TAPE => tapes::close(cx, arguments.parse()?).await,
            _ if self.settings.sample_tool.as_deref() == Some(name) => {
                Ok(calls::sample(arguments.parse()?))
            }
            _ => Err(ServiceError::InvalidParams("unknown tool".into())),
        }
    }

    fn stays_in_context(&self, tool: &str) -> bool {
        matches!(tool, tools::CALCULATE | tools::BATCH | tools::ADVANCED)
    }

    fn resources(&self, session: Option<&SessionInit>) -> Vec<Resource> {
        resources::list(session, self.settings.has_audit_trail)
    }

    fn resource_templates(&self, era: Era) -> &[ResourceTemplate] {
        &self.lists(era).templates
    }

    async fn read_resource(
        &self,
        cx: &Context,
        uri: &str,
    ) -> Result<Vec<ResourceContents>, ServiceError> {
        resources::read(cx, uri, self.tools(cx.era())).await
    }

    fn cache_hint(&self, uri: &str) -> CacheHint {
        resources::cache_hint(uri)
    }

    fn subject(&self, session: Option<&SessionInit>, uri: &str) -> Option<Subject> {
        resources::subject(session, uri)
    }

    fn changed_by_phase(&self, session: &SessionInit) -> Vec<String> {
        vec![resources::info_uri(session)]
    }

    fn prompts(&self, _era: Era) -> &[Prompt] {
        &self.prompts
    }

    async fn get_prompt(
        &self,
        _cx: &Context,
        name: &str,
        arguments: BTreeMap<String, String>,
    ) -> Result<PromptResult, ServiceError> {
        prompts::fill(name, &arguments)
    }

    async fn complete(
        &self,
        cx: &Context,
        params: CompleteParams,
    ) -> Result<Completion, ServiceError> {
        let CompleteParams { reference, argument, context } = params;
        match reference {
            Reference::Prompt { name } => {
                let known = prompts::proposals(&name, &argument.name)?.iter();
                Ok(Completion::matching(&argument.value, known.copied()))
            }
            Reference::Resource { uri } => {
                let tape = context.arguments.get("tape_id").map(String::as_str);
                let ids = resources::proposals(cx, &uri, &argument.name, tape);
                Ok(Completion::matching(&argument.value, ids.await?))
            }
        }
    }
}
