//! Elicitation: a form that asks the user for values.
//! spec: client/elicitation (form mode)

use std::ops::ControlFlow;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::RawJson;
use super::lifecycle::ClientCapabilities;
use super::question::Question;
use super::raw::{Kind, each_item, each_member, has_more_items};
use super::version::Era;

/// The parameters of `elicitation/create`. They must not ask for secrets, because
/// forms are shown and stored.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Elicit {
    /// The reason why the values are needed.
    pub message: String,
    /// A flat object of strings, numbers, booleans and choices.
    pub requested_schema: Value,
}

/// The user's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ElicitAction {
    /// The user has sent the form.
    Accept,
    /// The user has refused.
    Decline,
    /// The user has closed the form without a choice.
    Cancel,
}

/// The client's answer.
#[derive(Debug, Clone, Deserialize)]
pub struct ElicitResult {
    pub action: ElicitAction,
    /// The values, if accepted.
    #[serde(default, deserialize_with = "flat")]
    pub content: Map<String, Value>,
}

/// The largest number of choices in one value of a form.
const MAX_CHOICES: usize = 100;

/// Reads the values of a form: texts, numbers, booleans, and lists of these.
/// Rejects other values, which a form does not have, and which may need many times
/// their length in memory.
fn flat<'de, D: Deserializer<'de>>(d: D) -> Result<Map<String, Value>, D::Error> {
    let given: Option<RawJson> = Deserialize::deserialize(d)?;
    let Some(given) = given else { return Ok(Map::new()) };
    let mut values = Map::new();
    let mut is_form = Kind::of(&given) == Kind::Object;
    each_member(&given, |name, value| {
        let read = is_flat(value).then(|| serde_json::from_str(value.get()).ok());
        match name.zip(read.flatten()) {
            Some((name, value)) => {
                values.insert(name.into_owned(), value);
            }
            None => is_form = false,
        }
    });
    if is_form { Ok(values) } else { Err(D::Error::custom("a form is flat")) }
}

fn is_flat(value: &RawValue) -> bool {
    let is_scalar = |value| !matches!(Kind::of(value), Kind::Object | Kind::Array);
    if Kind::of(value) != Kind::Array {
        return is_scalar(value);
    }
    let mut scalars = true;
    each_item(value, |item| {
        scalars = is_scalar(item);
        if scalars { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    scalars && !has_more_items(value, MAX_CHOICES)
}

impl Question for Elicit {
    const METHOD: &'static str = "elicitation/create";
    const CAPABILITY: &'static str = "elicitation";
    type Answer = ElicitResult;

    fn is_allowed(&self, era: Era, client: ClientCapabilities) -> bool {
        era.has_elicitation() && client.elicitation
    }

    /// Returns whether accepted values match the schema that was sent (L163).
    fn accepts(&self, answer: &ElicitResult) -> bool {
        let content = Value::Object(answer.content.clone());
        answer.action != ElicitAction::Accept
            || jsonschema::validator_for(&self.requested_schema)
                .is_ok_and(|schema| schema.is_valid(&content))
    }
}
