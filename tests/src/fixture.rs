//! The service that the official conformance suite expects to find: a second
//! domain behind the same seam as the calculator. Names, texts and schemas are
//! the suite's; it looks for them word by word.

mod prompts;
mod questions;
mod resources;
mod retries;
mod tools;

use std::collections::BTreeMap;

use async_trait::async_trait;
use mcp_server::protocol::completion::{CompleteParams, Completion};
use mcp_server::protocol::content::{ResourceBody, ResourceContents};
use mcp_server::protocol::lifecycle::{
    EmptyObject, Implementation, ListCapability, ResourcesCapability,
    ServerCapabilities, ServerInfo,
};
use mcp_server::protocol::prompts::{Prompt, PromptResult};
use mcp_server::protocol::resources::{Resource, ResourceTemplate};
use mcp_server::protocol::tools::{Tool, ToolResult};
use mcp_server::protocol::version::Era;
use mcp_server::service::{Arguments, Context, Service, ServiceError, Subject};
use mcp_server::sessions::SessionInit;

/// A picture of one pixel, base64.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk\
+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// A sound of no samples, base64.
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=";

/// The fixture of the conformance suite, and a few tools of our own.
#[derive(Debug)]
pub struct Fixture {
    tools: Vec<Tool>,
    templates: Vec<ResourceTemplate>,
    prompts: Vec<Prompt>,
}

impl Default for Fixture {
    fn default() -> Self {
        Self {
            tools: tools::list(),
            templates: resources::templates(),
            prompts: prompts::list(),
        }
    }
}

#[async_trait]
impl Service for Fixture {
    fn info(&self) -> ServerInfo {
        ServerInfo {
            implementation: Implementation {
                name: "conformance-server".to_owned(),
                title: None,
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            capabilities: ServerCapabilities {
                tools: Some(ListCapability { list_changed: true }),
                resources: Some(ResourcesCapability {
                    subscribe: true,
                    list_changed: true,
                }),
                prompts: Some(ListCapability { list_changed: true }),
                logging: Some(EmptyObject {}),
                completions: Some(EmptyObject {}),
            },
            instructions: None,
        }
    }

    fn tools(&self, _era: Era) -> &[Tool] {
        &self.tools
    }

    async fn call_tool(
        &self,
        cx: &Context,
        name: &str,
        arguments: Arguments,
    ) -> Result<ToolResult, ServiceError> {
        tools::call(cx, name, &arguments).await
    }

    fn resources(&self, _session: Option<&SessionInit>) -> Vec<Resource> {
        resources::list()
    }

    fn resource_templates(&self, _era: Era) -> &[ResourceTemplate] {
        &self.templates
    }

    async fn read_resource(
        &self,
        cx: &Context,
        uri: &str,
    ) -> Result<Vec<ResourceContents>, ServiceError> {
        if uri == resources::INPUT_REQUIRED {
            let body = ResourceBody::Text(retries::about(cx).await?);
            return Ok(vec![resources::contents(uri, "text/plain", body)]);
        }
        resources::read(uri).map(|contents| vec![contents])
    }

    fn subject(
        &self,
        _session: Option<&SessionInit>,
        uri: &str,
    ) -> Option<Subject> {
        (uri == resources::WATCHED).then_some(Subject::Caller)
    }

    fn prompts(&self, _era: Era) -> &[Prompt] {
        &self.prompts
    }

    async fn get_prompt(
        &self,
        cx: &Context,
        name: &str,
        arguments: BTreeMap<String, String>,
    ) -> Result<PromptResult, ServiceError> {
        if name == prompts::INPUT_REQUIRED {
            return retries::prompt(cx).await;
        }
        prompts::get(name, &arguments)
    }

    async fn complete(
        &self,
        _cx: &Context,
        _params: CompleteParams,
    ) -> Result<Completion, ServiceError> {
        Ok(Completion::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_tool_needs_no_arguments() {
        assert_eq!(tools::list()[0].name, "test_simple_text");
    }

    #[test]
    fn every_tool_has_a_valid_name_a_description_and_an_object_schema() {
        for tool in tools::list() {
            assert!(Tool::is_valid_name(&tool.name), "{}", tool.name);
            assert!(!tool.description.is_empty(), "{}", tool.name);
            assert_eq!(tool.input_schema["type"], "object", "{}", tool.name);
        }
    }

    #[test]
    fn the_template_is_read_by_its_variable() {
        let read = |uri| resources::read(uri).map(|contents| contents.body);
        let body = read("test://template/123/data").expect("a resource");
        assert!(format!("{body:?}").contains("123"));
        assert!(read("test://template//data").is_err());
        assert!(read("test://template/1/2/data").is_err());
        assert!(read("test://nothing").is_err());
    }
}
