//! Tool arguments against the schema that was published for them.

use std::collections::BTreeMap;

use jsonschema::{
    ValidationError, Validator,
    error::{TypeKind, ValidationErrorKind},
};
use serde_json::Value;

use crate::protocol::RawJson;

/// How many broken rules are told: a short request can break very many.
const MAX_RULES: usize = 10;

/// The rules that `arguments` break, one sentence each; `None` if they break
/// none. Sentences name the argument and the rule, never its value.
pub fn broken_rules(schema: &Validator, arguments: &RawJson) -> Option<String> {
    let Ok(arguments) = serde_json::from_str(arguments.get()) else {
        return Some(beyond_doubles(arguments));
    };
    if schema.is_valid(&arguments) {
        return None;
    }
    let rules: Vec<String> =
        schema.iter_errors(&arguments).take(MAX_RULES).map(|e| rule(&e)).collect();
    Some(rules.join("; "))
}

/// JSON can write numbers that no double can hold, such as `1e400`.
fn beyond_doubles(arguments: &RawJson) -> String {
    let arguments: BTreeMap<String, RawJson> =
        serde_json::from_str(arguments.get()).unwrap_or_default();
    let is_beyond =
        |value: &RawJson| serde_json::from_str::<Value>(value.get()).is_err();
    let found = arguments.iter().find(|(_, value)| is_beyond(value));
    let name = found.map_or("arguments", |(name, _)| name);
    format!("{name} must be below 1.8e308")
}

fn rule(error: &ValidationError<'_>) -> String {
    use ValidationErrorKind as Kind;
    let argument = place(error.instance_path().as_str());
    match error.kind() {
        Kind::Required { property } => match property.as_str() {
            Some(name) if argument == "arguments" => format!("{name} is required"),
            Some(name) => format!("{argument}.{name} is required"),
            None => format!("{argument} lacks a member"),
        },
        Kind::AdditionalProperties { unexpected } => {
            format!("{argument} must not have {}", unexpected.join(", "))
        }
        Kind::Type { kind: TypeKind::Single(kind) } => {
            format!("{argument} must be of type {kind}")
        }
        Kind::Enum { options } => format!("{argument} must be one of {options}"),
        Kind::Minimum { limit } => format!("{argument} must be at least {limit}"),
        Kind::Maximum { limit } => format!("{argument} must be at most {limit}"),
        Kind::MinItems { limit } => {
            format!("{argument} must have at least {limit} items")
        }
        Kind::MaxItems { limit } => {
            format!("{argument} must have at most {limit} items")
        }
        Kind::MinLength { limit } => {
            format!("{argument} must have at least {limit} characters")
        }
        Kind::MaxLength { limit } => {
            format!("{argument} must have at most {limit} characters")
        }
        other => format!("{argument} breaks the rule {:?}", other.keyword()),
    }
}

/// `/calculations/3/op` as `calculations[3].op`.
fn place(pointer: &str) -> String {
    let mut place = String::new();
    for step in pointer.split('/').skip(1) {
        if step.bytes().all(|b| b.is_ascii_digit()) && !step.is_empty() {
            place.push_str(&format!("[{step}]"));
        } else {
            if !place.is_empty() {
                place.push('.');
            }
            place.push_str(step);
        }
    }
    if place.is_empty() { "arguments".to_owned() } else { place }
}
