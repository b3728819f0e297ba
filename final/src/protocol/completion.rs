//! Completion: values for an argument that is being typed.
//! spec: server/utilities/completion

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::raw::null_is_absent;

/// How many values one answer may hold.
pub const MAX_VALUES: usize = 100;

/// The parameters of `completion/complete`.
#[derive(Debug, Deserialize)]
pub struct CompleteParams {
    /// What the argument belongs to.
    #[serde(rename = "ref")]
    pub reference: Reference,
    /// What has been typed so far.
    pub argument: PartialArgument,
    /// Arguments that are already filled in.
    #[serde(default, deserialize_with = "null_is_absent")]
    pub context: CompletionContext,
}

/// What is being completed.
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

/// The argument being typed.
#[derive(Debug, Deserialize)]
pub struct PartialArgument {
    pub name: String,
    pub value: String,
}

/// What the client already knows.
#[derive(Debug, Default, Deserialize)]
pub struct CompletionContext {
    #[serde(default, deserialize_with = "given")]
    pub arguments: BTreeMap<String, String>,
}

/// Values that are there. `null` is none, in the place of one or of all.
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

/// The values that fit.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Completion {
    /// At most [`MAX_VALUES`], the best first.
    pub values: Vec<String>,
    pub total: usize,
    /// Whether some were left out.
    pub has_more: bool,
}

impl Completion {
    /// Those of `candidates` that contain what was typed, ignoring case; those
    /// that begin with it come first, otherwise in the order given.
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
