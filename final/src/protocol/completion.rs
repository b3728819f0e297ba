//! Completion: values for an argument that is being typed.
//! spec: server/utilities/completion

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::raw::null_is_absent;

/// The largest number of values in one answer.
pub const MAX_VALUES: usize = 100;

/// The parameters of `completion/complete`.
#[derive(Debug, Deserialize)]
pub struct CompleteParams {
    /// The prompt or resource template that has the argument.
    #[serde(rename = "ref")]
    pub reference: Reference,
    /// The argument, as far as the user has typed it.
    pub argument: PartialArgument,
    /// Arguments that are already filled in.
    #[serde(default, deserialize_with = "null_is_absent")]
    pub context: CompletionContext,
}

/// The prompt or resource template whose argument is completed.
#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
pub enum Reference {
    /// An argument of a prompt.
    #[serde(rename = "ref/prompt")]
    Prompt { name: String },
    /// A variable of a resource template.
    #[serde(rename = "ref/resource")]
    Resource { uri: String },
}

/// The argument that the user is typing.
#[derive(Debug, Deserialize)]
pub struct PartialArgument {
    pub name: String,
    pub value: String,
}

/// The context of a completion.
#[derive(Debug, Default, Deserialize)]
pub struct CompletionContext {
    #[serde(default, deserialize_with = "given")]
    pub arguments: BTreeMap<String, String>,
}

/// Reads the arguments that have a value. Ignores `null`, for one argument or for
/// all.
fn given<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let values: BTreeMap<String, Option<String>> = null_is_absent(deserializer)?;
    Ok(values.into_iter().filter_map(|(name, it)| Some((name, it?))).collect())
}

/// The result of `completion/complete`.
#[derive(Debug, Serialize)]
pub struct CompleteResult {
    pub completion: Completion,
}

/// The values that match.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Completion {
    /// At most [`MAX_VALUES`], the best first.
    pub values: Vec<String>,
    pub total: usize,
    /// Some values were omitted.
    pub has_more: bool,
}

impl Completion {
    /// Returns the candidates that contain the typed text, ignoring case. Those
    /// that begin with it come first; apart from that, they keep their order.
    pub fn matching<S: Into<String>>(
        typed: &str,
        candidates: impl IntoIterator<Item = S>,
    ) -> Self {
        let typed = typed.to_lowercase();
        let mut first = Vec::new();
        let mut rest = Vec::new();
        for candidate in candidates {
            let candidate = candidate.into();
            match candidate.to_lowercase().find(&typed) {
                Some(0) => first.push(candidate),
                Some(_) => rest.push(candidate),
                None => {}
            }
        }
        first.append(&mut rest);
        let total = first.len();
        first.truncate(MAX_VALUES);
        Self { has_more: total > first.len(), values: first, total }
    }
}
