//! Tools: what the model may call.
//! spec: server/tools

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::RawJson;
use super::content::Content;

/// A tool as it is listed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    /// For programs: 1 to 128 of `A-Z a-z 0-9 _ - .`
    pub name: String,
    /// For people.
    pub title: Option<String>,
    /// For the model.
    pub description: String,
    /// JSON Schema 2020-12 of the arguments.
    pub input_schema: Value,
}

/// The parameters of `tools/call`.
#[derive(Debug, Deserialize)]
pub struct CallToolParams {
    /// Which tool.
    pub name: String,
    /// Raw until the tool is known; absent means `{}`.
    pub arguments: Option<RawJson>,
}

/// The result of a call. A failure of the tool is a result too, so that the model
/// can read it and try again.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolResult {
    /// For the model.
    pub content: Vec<Content>,
    /// The tool failed.
    pub is_error: bool,
}

impl ToolResult {
    /// A result of one text block.
    pub fn text(text: impl Into<String>) -> Self {
        Self { content: vec![Content::text(text)], ..Self::default() }
    }

    /// A failure that the model can read.
    pub fn error(text: impl Into<String>) -> Self {
        Self { is_error: true, ..Self::text(text) }
    }
}
