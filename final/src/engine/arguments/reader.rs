//! Reads arguments along their schema, so that a value that breaks it is refused by
//! name and before it costs memory: types and bounds are checked before contents.

use std::fmt;
use std::ops::ControlFlow;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{MAX_RULES, short};
use crate::protocol::raw::{Kind, each_item, each_member, has_more_items};

/// The path of a value in the arguments.
pub enum JsonPath<'a> {
    /// The arguments themselves.
    Arguments,
    /// A member of an object.
    Member(&'a JsonPath<'a>, &'a str),
    /// An item of an array.
    Item(&'a JsonPath<'a>, usize),
}

impl fmt::Display for JsonPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arguments => f.write_str("arguments"),
            Self::Member(Self::Arguments, name) => f.write_str(name),
            Self::Member(object, name) => write!(f, "{object}.{name}"),
            Self::Item(array, position) => write!(f, "{array}[{position}]"),
        }
    }
}

/// Reads one set of arguments.
#[derive(Default)]
pub struct ArgumentReader {
    /// The broken rules, at most [`MAX_RULES`] sentences.
    pub rules: Vec<String>,
    /// An optional argument was `null` and has been left out.
    pub left_out: bool,
}

impl ArgumentReader {
    /// Reads a value. The result is meaningless if there are broken
    /// [rules](Self::rules).
    pub fn read(
        &mut self,
        raw: &RawValue,
        schema: &Value,
        place: &JsonPath<'_>,
    ) -> Value {
        if self.rules.len() >= MAX_RULES {
            return Value::Null;
        }
        let kind = Kind::of(raw);
        if let Some(expected) = schema["type"].as_str()
            && !fits(kind, expected)
        {
            self.broken(format!("{place} must be of type {expected}"));
            return Value::Null;
        }
        match (kind, &schema["properties"], &schema["items"]) {
            (Kind::Object, Value::Object(known), _) => {
                self.object(raw, schema, known, place)
            }
            (Kind::Array, _, Value::Object(_))
                if schema.get("prefixItems").is_none() =>
            {
                self.array(raw, schema, place)
            }
            _ => self.whole(raw, kind, place),
        }
    }

    fn object(
        &mut self,
        raw: &RawValue,
        schema: &Value,
        known: &Map<String, Value>,
        place: &JsonPath<'_>,
    ) -> Value {
        let is_closed = schema["additionalProperties"] == false
            && schema.get("patternProperties").is_none();
        let mut read = Map::new();
        let mut unknown = Vec::new();
        each_member(raw, |name, value| {
            let Some(name) = name else {
                let rule = "must not have a name that is not valid Unicode text";
                return self.broken(format!("{place} {rule}"));
            };
            let inside = JsonPath::Member(place, short(&name));
            let member = match known.get(&*name) {
                _ if read.contains_key(&*name) => {
                    return self.broken(format!("{inside} is given twice"));
                }
                Some(member) if is_left_out(value, member, &name, schema) => {
                    self.left_out = true;
                    return;
                }
                Some(member) => self.read(value, member, &inside),
                None if is_closed => {
                    if unknown.len() < MAX_RULES {
                        unknown.push(short(&name).to_owned());
                    }
                    return;
                }
                None => self.whole(value, Kind::of(value), &inside),
            };
            read.insert(name.into_owned(), member);
        });
        if !unknown.is_empty() {
            self.broken(format!("{place} must not have {}", unknown.join(", ")));
        }
        Value::Object(read)
    }

    fn array(
        &mut self,
        raw: &RawValue,
        schema: &Value,
        place: &JsonPath<'_>,
    ) -> Value {
        if let Some(limit) = schema["maxItems"].as_u64()
            && has_more_items(raw, usize::try_from(limit).unwrap_or(usize::MAX))
        {
            self.broken(format!("{place} must have at most {limit} items"));
            return Value::Null;
        }
        let mut read = Vec::new();
        each_item(raw, |item| {
            let inside = JsonPath::Item(place, read.len());
            let item = self.read(item, &schema["items"], &inside);
            read.push(item);
            match self.rules.len() {
                ..MAX_RULES => ControlFlow::Continue(()),
                _ => ControlFlow::Break(()),
            }
        });
        Value::Array(read)
    }

    /// Reads a value that the schema does not divide. Valid JSON can still contain
    /// text that is not Unicode, and numbers beyond a double.
    fn whole(&mut self, raw: &RawValue, kind: Kind, place: &JsonPath<'_>) -> Value {
        let Ok(value) = serde_json::from_str(raw.get()) else {
            let rule = match kind {
                Kind::String => "must be valid Unicode text",
                Kind::Number if raw.get().starts_with('-') => {
                    "must be above -1.8e308"
                }
                Kind::Number => "must be below 1.8e308",
                _ => "must hold valid Unicode text and numbers below 1.8e308",
            };
            self.broken(format!("{place} {rule}"));
            return Value::Null;
        };
        value
    }

    fn broken(&mut self, rule: String) {
        if self.rules.len() < MAX_RULES {
            self.rules.push(rule);
        }
    }
}

/// Returns whether a value can be of a JSON Schema type. The validator decides
/// whether a number is whole.
fn fits(kind: Kind, expected: &str) -> bool {
    match expected {
        "object" => kind == Kind::Object,
        "array" => kind == Kind::Array,
        "string" => kind == Kind::String,
        "number" | "integer" => kind == Kind::Number,
        "boolean" => kind == Kind::Boolean,
        "null" => kind == Kind::Null,
        _ => true,
    }
}

/// Returns whether a member is `null` where its absence is the only possible
/// meaning.
fn is_left_out(value: &RawValue, member: &Value, name: &str, of: &Value) -> bool {
    let names = of["required"].as_array().map_or(&[][..], Vec::as_slice);
    Kind::of(value) == Kind::Null
        && member["type"].as_str().is_some_and(|kind| kind != "null")
        && !names.iter().any(|required| required == name)
}
