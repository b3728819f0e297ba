//! The tools of a service, ready to be called: schemas compiled once.

use std::collections::HashMap;

use jsonschema::Validator;
use serde_json::Value;

use super::{Engine, arguments};
use crate::protocol::RawJson;
use crate::protocol::parameters::HeaderParameter;
use crate::protocol::tools::Tool;
use crate::protocol::version::Era;
use crate::service::Service;

/// A tool that cannot be offered.
#[derive(Debug, thiserror::Error)]
#[error("the input schema of tool {tool} cannot be used: {rule}")]
pub struct BadSchema {
    /// The tool's name.
    pub tool: String,
    /// The rule that its schema breaks.
    pub rule: &'static str,
}

/// The tools of each era, by name.
pub(super) struct ToolTable {
    stateful: HashMap<String, CompiledTool>,
    stateless: HashMap<String, CompiledTool>,
}

/// The rules that calls of one tool are checked against.
pub(super) struct CompiledTool {
    schema: Value,
    validator: Validator,
    headers: Vec<HeaderParameter>,
}

impl ToolTable {
    /// Compiles the schemas of `service`.
    ///
    /// # Errors
    /// [`BadSchema`] names the tool whose schema is wrong.
    pub fn of(service: &dyn Service) -> Result<Self, BadSchema> {
        let check = |era| -> Result<_, BadSchema> {
            let tools = service.tools(era).iter();
            tools
                .map(|tool| Ok((tool.name.clone(), CompiledTool::of(tool)?)))
                .collect()
        };
        let [stateful, stateless] = Era::BOTH.map(check);
        Ok(Self { stateful: stateful?, stateless: stateless? })
    }

    /// Returns the tool with this name.
    pub fn get(&self, era: Era, name: &str) -> Option<&CompiledTool> {
        let tools = match era {
            Era::Stateful(_) => &self.stateful,
            Era::Stateless => &self.stateless,
        };
        tools.get(name)
    }
}

impl CompiledTool {
    fn of(tool: &Tool) -> Result<Self, BadSchema> {
        let bad = |rule| BadSchema { tool: tool.name.clone(), rule };
        let schema = tool.input_schema.clone();
        let validator = jsonschema::validator_for(&schema)
            .map_err(|_| bad("it is not valid JSON Schema"))?;
        let headers = HeaderParameter::of(&tool.input_schema).map_err(bad)?;
        Ok(Self { schema, validator, headers })
    }

    /// Returns the arguments as the tool's code reads them.
    ///
    /// # Errors
    /// The rules that they break, in sentences.
    pub fn checked(&self, arguments: RawJson) -> Result<RawJson, String> {
        arguments::checked(&self.schema, &self.validator, arguments)
    }
}

impl Engine {
    /// Returns the arguments of a tool that headers repeat, in the stateless era.
    pub fn header_parameters(&self, tool: &str) -> &[HeaderParameter] {
        let checked = self.tools.get(Era::Stateless, tool);
        checked.map_or(&[], |checked| &checked.headers)
    }

    /// Returns the names of all such headers.
    pub fn parameter_headers(&self) -> impl Iterator<Item = &str> {
        let all = self.tools.stateless.values().flat_map(|tool| &tool.headers);
        all.map(|parameter| parameter.header.as_str())
    }
}
