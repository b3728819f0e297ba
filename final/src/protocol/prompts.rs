//! Prompts: texts that a person chooses and fills in.
//! spec: server/prompts

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::content::{Content, Role};

/// A prompt as it is listed.
#[derive(Debug, Clone, Serialize)]
pub struct Prompt {
    /// For programs.
    pub name: String,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is for.
    pub description: String,
    /// What it can be given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<PromptArgument>,
}

/// An argument of a prompt. Its value is always a string.
#[derive(Debug, Clone, Serialize)]
pub struct PromptArgument {
    /// Its name.
    pub name: String,
    /// What it means.
    pub description: String,
    /// Whether the prompt fails without it.
    pub required: bool,
}

/// The parameters of `prompts/get`.
#[derive(Debug, Deserialize)]
pub struct GetPromptParams {
    /// Which prompt.
    pub name: String,
    /// Argument values by name.
    #[serde(default)]
    pub arguments: BTreeMap<String, String>,
}

/// The result of `prompts/get`.
#[derive(Debug, Clone, Serialize)]
pub struct PromptResult {
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What to send to the model.
    pub messages: Vec<PromptMessage>,
}

/// One message of a prompt.
#[derive(Debug, Clone, Serialize)]
pub struct PromptMessage {
    /// Who speaks.
    pub role: Role,
    /// What is said: one block, not an array.
    pub content: Content,
}
