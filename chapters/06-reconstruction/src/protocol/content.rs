//! Content blocks of tool results, and contents of resources.
//! spec: server/tools (tool result), server/resources (data types)

use serde::Serialize;

/// One piece of content.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    /// Plain text.
    Text {
        /// The text.
        text: String,
    },
}

impl Content {
    /// A text block.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }
}

/// A resource's content.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceContents {
    /// The resource.
    pub uri: String,
    /// What it is.
    pub mime_type: Option<String>,
    /// The content itself.
    pub text: String,
}
