//! Checks tool arguments against the schema that was published for them.

mod reader;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use self::reader::{ArgumentReader, JsonPath};
use crate::protocol::{RawJson, to_raw};

/// The maximum number of broken rules to report: a short request can break very
/// many.
const MAX_RULES: usize = 10;

/// The longest arguments, in bytes, of which several broken rules are reported. The
/// validator builds all of its errors before it returns one, about a kilobyte each,
/// so of longer arguments only the first is built.
const MAX_LISTED: usize = 16 << 10;

/// The longest arguments, in bytes, that are read without their schema: their
/// memory is negligible.
const MAX_SHORT: usize = 4 << 10;

/// The longest name of an unknown argument that is repeated, in characters.
const MAX_NAME: usize = 60;

/// Returns the arguments as the tool's code reads them: an optional one that is
/// `null` is left out.
///
/// # Errors
/// The rules that they break, one sentence each. Sentences name the argument and the
/// rule, never its value.
pub fn checked(
    schema: &Value,
    validator: &Validator,
    arguments: RawJson,
) -> Result<RawJson, String> {
    if is_plain(validator, arguments.get()) {
        return Ok(arguments);
    }
    let mut reader = ArgumentReader::default();
    let read = reader.read(&arguments, schema, &JsonPath::Arguments);
    if !reader.rules.is_empty() {
        return Err(reader.rules.join("; "));
    }
    if !validator.is_valid(&read) {
        return Err(broken_rules(validator, &read, arguments.get().len()));
    }
    Ok(if reader.left_out { to_raw(&read) } else { arguments })
}

/// Returns whether arguments are short, valid, and need no reading along the schema:
/// nearly all are.
fn is_plain(validator: &Validator, arguments: &str) -> bool {
    if arguments.len() > MAX_SHORT {
        return false;
    }
    // A member that is given twice has two colons in the text, and is one in the value.
    let colons = arguments.bytes().filter(|byte| *byte == b':').count();
    serde_json::from_str(arguments).is_ok_and(|value: Value| {
        members(&value) == colons && validator.is_valid(&value)
    })
}

/// Counts the members of all objects in a value.
fn members(value: &Value) -> usize {
    match value {
        Value::Object(object) => {
            object.len() + object.values().map(members).sum::<usize>()
        }
        Value::Array(items) => items.iter().map(members).sum(),
        _ => 0,
    }
}

fn broken_rules(validator: &Validator, arguments: &Value, length: usize) -> String {
    if length > MAX_LISTED {
        let first = validator.validate(arguments).err();
        return first.map(|error| rule(&error)).unwrap_or_default();
    }
    let errors = validator.iter_errors(arguments).take(MAX_RULES);
    errors.map(|error| rule(&error)).collect::<Vec<_>>().join("; ")
}

fn rule(error: &ValidationError<'_>) -> String {
    use ValidationErrorKind as Kind;
    let argument = json_path(error.instance_path().as_str());
    let duty = match error.kind() {
        Kind::Required { property } => match property.as_str() {
            Some(name) if argument == "arguments" => {
                return format!("{name} is required");
            }
            Some(name) => return format!("{argument}.{name} is required"),
            None => return format!("{argument} lacks a member"),
        },
        Kind::AdditionalProperties { unexpected } => {
            let names = unexpected.iter().take(MAX_RULES).map(|name| short(name));
            format!("not have {}", names.collect::<Vec<_>>().join(", "))
        }
        Kind::Type { kind: TypeKind::Single(kind) } => format!("be of type {kind}"),
        Kind::Enum { options } => format!("be one of {options}"),
        Kind::Minimum { limit } => format!("be at least {limit}"),
        Kind::Maximum { limit } => format!("be at most {limit}"),
        Kind::MinItems { limit } => format!("have at least {limit} items"),
        Kind::MaxItems { limit } => format!("have at most {limit} items"),
        Kind::MinLength { limit } => format!("have at least {limit} characters"),
        Kind::MaxLength { limit } => format!("have at most {limit} characters"),
        other => {
            return format!("{argument} breaks the rule {:?}", other.keyword());
        }
    };
    format!("{argument} must {duty}")
}

/// Shortens a name that the client chose, for an error sentence.
fn short(name: &str) -> &str {
    name.char_indices().nth(MAX_NAME).map_or(name, |(end, _)| &name[..end])
}

/// Writes `/calculations/3/op` as `calculations[3].op`.
fn json_path(pointer: &str) -> String {
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
