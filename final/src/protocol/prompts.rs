//! Prompts: texts that a user chooses and fills in.
//! spec: server/prompts

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::RawJson;
use super::content::{Content, Role};
use super::raw::{Kind, Name, each_member};

/// A prompt as it is listed.
#[derive(Debug, Clone, Serialize)]
pub struct Prompt {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<PromptArgument>,
}

/// An argument of a prompt. Its value is always a string.
#[derive(Debug, Clone, Serialize)]
pub struct PromptArgument {
    pub name: String,
    pub description: String,
    pub required: bool,
}

/// The parameters of `prompts/get`.
#[derive(Debug, Deserialize)]
pub struct GetPromptParams {
    pub name: String,
    /// Raw until the prompt is known; absent means `{}`.
    pub arguments: Option<RawJson>,
}

impl Prompt {
    /// Reads the values of the prompt's arguments, by name. Ignores other
    /// arguments, and treats `null` as absent.
    ///
    /// # Errors
    /// The first rule that they break, in a sentence that names the argument.
    pub fn read(
        &self,
        arguments: &RawValue,
    ) -> Result<BTreeMap<String, String>, String> {
        if Kind::of(arguments) != Kind::Object {
            return Err("arguments must be of type object".into());
        }
        let mut values = BTreeMap::new();
        let mut broken = None;
        each_member(arguments, |name, value| {
            match self.argument(name, value, &values) {
                Ok(argument) => values.extend(argument),
                Err(rule) => {
                    broken.get_or_insert(rule);
                }
            }
        });
        let missing =
            |it: &&PromptArgument| it.required && !values.contains_key(&it.name);
        let missing = self.arguments.iter().find(missing);
        let missing = missing.map(|it| format!("{} is required", it.name));
        broken.or(missing).map_or(Ok(values), Err)
    }

    /// Reads one argument; returns `None` if it is ignored.
    fn argument(
        &self,
        name: Name<'_>,
        value: &RawValue,
        given: &BTreeMap<String, String>,
    ) -> Result<Option<(String, String)>, String> {
        let Some(name) = name else {
            return Err("arguments must not have a name that is not text".into());
        };
        let is_known = self.arguments.iter().any(|it| it.name == name);
        match Kind::of(value) {
            Kind::Null => Ok(None),
            _ if !is_known => Ok(None),
            _ if given.contains_key(&*name) => {
                Err(format!("{name} is given twice"))
            }
            Kind::String => match serde_json::from_str(value.get()) {
                Ok(text) => Ok(Some((name.into_owned(), text))),
                Err(_) => Err(format!("{name} must be valid Unicode text")),
            },
            _ => Err(format!("{name} must be of type string")),
        }
    }
}

/// The result of `prompts/get`.
#[derive(Debug, Clone, Serialize)]
pub struct PromptResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The messages for the model.
    pub messages: Vec<PromptMessage>,
}

/// One message of a prompt.
#[derive(Debug, Clone, Serialize)]
pub struct PromptMessage {
    pub role: Role,
    /// One block, not an array.
    pub content: Content,
}
