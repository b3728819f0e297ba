//! Elicitation: asking the person for values, with a form.
//! spec: client/elicitation (form mode)

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    lifecycle::ClientCapabilities, question::Question, raw::null_is_absent,
    version::Era,
};

/// `elicitation/create`. Never for secrets: a form is shown and stored.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Elicit {
    /// Why the values are needed.
    pub message: String,
    /// A flat object of strings, numbers, booleans and choices.
    pub requested_schema: Value,
}

/// What the person did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ElicitAction {
    /// Filled in and sent.
    Accept,
    /// Refused.
    Decline,
    /// Dismissed without a choice.
    Cancel,
}

/// The client's answer.
#[derive(Debug, Clone, Deserialize)]
pub struct ElicitResult {
    /// What the person did.
    pub action: ElicitAction,
    /// The values, if accepted.
    #[serde(default, deserialize_with = "null_is_absent")]
    pub content: Map<String, Value>,
}

impl Question for Elicit {
    const METHOD: &'static str = "elicitation/create";
    const CAPABILITY: &'static str = "elicitation";
    type Answer = ElicitResult;

    fn is_allowed(&self, era: Era, client: ClientCapabilities) -> bool {
        era.has_elicitation() && client.elicitation
    }

    /// L163: accepted values fit the schema that was sent.
    fn accepts(&self, answer: &ElicitResult) -> bool {
        let content = Value::Object(answer.content.clone());
        answer.action != ElicitAction::Accept
            || jsonschema::validator_for(&self.requested_schema)
                .is_ok_and(|schema| schema.is_valid(&content))
    }
}
