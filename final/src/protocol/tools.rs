//! Tools: functions that the model can call.
//! spec: server/tools

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::content::Content;
use super::version::Era;
use super::{RawJson, to_raw};

/// A tool as it is listed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    /// The name for programs: 1 to 128 of `A-Z a-z 0-9 _ - .`
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub description: String,
    /// JSON Schema 2020-12 of the arguments. Enforced before the tool is called.
    pub input_schema: Value,
    /// JSON Schema 2020-12 of `structuredContent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<ToolAnnotations>,
}

impl Tool {
    /// Returns whether `name` follows the specification's grammar for tool names.
    pub fn is_valid_name(name: &str) -> bool {
        (1..=128).contains(&name.len())
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
    }

    /// Returns the tool without the members that clients of `era` do not know.
    pub fn for_era(&self, era: Era) -> Self {
        let mut tool = self.clone();
        if !era.has_structured_content() {
            tool.title = None;
            tool.output_schema = None;
        }
        tool
    }
}

/// Hints about a tool's effects. Clients must not rely on them for safety.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolAnnotations {
    pub read_only_hint: bool,
    pub destructive_hint: bool,
    /// Calling it twice is like calling it once.
    pub idempotent_hint: bool,
    pub open_world_hint: bool,
}

/// The parameters of `tools/call`.
#[derive(Debug, Deserialize)]
pub struct CallToolParams<'a> {
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// Raw until the tool is known; absent means `{}`.
    #[serde(borrow)]
    pub arguments: Option<&'a RawValue>,
}

/// The result of a tool call. A failure of the tool itself is a result too, so that
/// the model can read it and try again.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolResult {
    pub content: Vec<Content>,
    /// The result for programs, which conforms to the tool's `outputSchema`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub structured_content: Option<RawJson>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_error: bool,
}

impl ToolResult {
    /// Makes a result of one text block.
    pub fn text(text: impl Into<String>) -> Self {
        Self { content: vec![Content::text(text)], ..Self::default() }
    }

    /// Makes a failure that the model can read.
    pub fn error(text: impl Into<String>) -> Self {
        Self { is_error: true, ..Self::text(text) }
    }

    /// Adds structured content to the result.
    pub fn with_structure(self, value: &impl Serialize) -> Self {
        Self { structured_content: Some(to_raw(value)), ..self }
    }

    /// Returns the result without the parts that clients of `era` do not know.
    pub fn for_era(mut self, era: Era) -> Self {
        if !era.has_structured_content() {
            self.structured_content = None;
            for block in &mut self.content {
                if let Content::ResourceLink { uri, .. } = block {
                    *block = Content::text(std::mem::take(uri));
                }
            }
        }
        self
    }
}
