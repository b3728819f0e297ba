//! Prompts: texts that a user fills in.

mod table;

use std::collections::BTreeMap;

use self::Rule::{Count, OneOf, Text};
use self::table::PROMPTS;
use crate::protocol::content::{Content, Role};
use crate::protocol::prompts::{
    Prompt, PromptArgument, PromptMessage, PromptResult,
};
use crate::service::ServiceError;

/// The largest number of problems that a prompt may ask for: a page of exercises.
const MOST_PROBLEMS: u8 = 50;

/// A lookup of checked values by name.
type Values<'a> = dyn Fn(&str) -> &'a str + 'a;

/// A row of the table of prompts.
struct Definition {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    arguments: &'static [Argument],
    message: fn(&Values<'_>) -> String,
}

/// An argument of a prompt, and its rule.
struct Argument {
    name: &'static str,
    description: &'static str,
    rule: Rule,
    /// The value of an absent or blank argument (forms send blanks); `None` if the
    /// argument is required.
    default: Option<&'static str>,
}

enum Rule {
    /// Any text. These values are proposed.
    Text(&'static [&'static str]),
    /// One of these values.
    OneOf(&'static [&'static str]),
    /// A whole number from 1 to [`MOST_PROBLEMS`].
    Count,
}

/// Returns the prompts as `prompts/list` shows them.
pub(super) fn list() -> Vec<Prompt> {
    let listed = |prompt: &Definition| Prompt {
        name: prompt.name.into(),
        title: Some(prompt.title.into()),
        description: prompt.description.into(),
        arguments: prompt.arguments.iter().map(Argument::listed).collect(),
    };
    PROMPTS.iter().map(listed).collect()
}

/// Fills in a prompt.
///
/// # Errors
/// [`ServiceError::InvalidParams`] names the argument and the rule it breaks.
pub fn fill(
    name: &str,
    given: &BTreeMap<String, String>,
) -> Result<PromptResult, ServiceError> {
    let prompt = find(name)?;
    let mut values = BTreeMap::new();
    for argument in prompt.arguments {
        values.insert(argument.name, argument.value(given).map_err(invalid)?);
    }
    let value = &|name: &str| values.get(name).copied().unwrap_or_default();
    let content = Content::text((prompt.message)(value));
    Ok(PromptResult {
        description: Some(prompt.description.into()),
        messages: vec![PromptMessage { role: Role::User, content }],
    })
}

/// Returns the values that are proposed for an argument of a prompt.
///
/// # Errors
/// [`ServiceError::InvalidParams`] if there is no such prompt or argument.
pub fn proposals(
    name: &str,
    argument: &str,
) -> Result<&'static [&'static str], ServiceError> {
    let mut arguments = find(name)?.arguments.iter();
    let argument = arguments.find(|known| known.name == argument);
    match argument.map(|argument| &argument.rule) {
        Some(Text(values) | OneOf(values)) => Ok(values),
        Some(Count) => Ok(&["5", "10", "20"]),
        None => Err(invalid("the prompt has no such argument".into())),
    }
}

fn find(name: &str) -> Result<&'static Definition, ServiceError> {
    let found = PROMPTS.iter().find(|prompt| prompt.name == name);
    found.ok_or_else(|| invalid("unknown prompt".into()))
}

fn invalid(rule: String) -> ServiceError {
    ServiceError::InvalidParams(rule.into())
}

impl Argument {
    /// Makes the argument optional.
    const fn or(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }

    fn listed(&self) -> PromptArgument {
        let mut description = self.description.to_owned();
        if let OneOf(values) = self.rule {
            description = format!("{description}: {}", values.join(", "));
        }
        let required = self.default.is_none();
        PromptArgument { name: self.name.into(), description, required }
    }

    /// Returns the value, or the rule that it breaks.
    fn value<'a>(
        &self,
        given: &'a BTreeMap<String, String>,
    ) -> Result<&'a str, String> {
        let name = self.name;
        let value = given.get(name).map_or("", |value| value.trim());
        match (&self.rule, self.default) {
            (_, Some(default)) if value.is_empty() => Ok(default),
            _ if value.is_empty() => {
                Err(format!("{name} is required and must not be empty"))
            }
            (OneOf(values), _) if !values.contains(&value) => {
                Err(format!("{name} must be one of: {}", values.join(", ")))
            }
            (Count, _) if !is_count(value) => Err(format!(
                "{name} must be a whole number from 1 to {MOST_PROBLEMS}"
            )),
            _ => Ok(value),
        }
    }
}

fn is_count(value: &str) -> bool {
    value.parse().is_ok_and(|count: u8| (1..=MOST_PROBLEMS).contains(&count))
}
