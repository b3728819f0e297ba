//! Tool arguments that requests repeat in headers, so that intermediaries can route
//! by them.
//! spec: basic/transports/streamable-http (custom headers), 2026-07-28

use std::slice;

use serde_json::{Map, Value};

/// The member of a schema that names the header.
const ANNOTATION: &str = "x-mcp-header";

/// The prefix of the names of such headers, in lower case.
const PREFIX: &str = "mcp-param-";

/// An argument that a header repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderParameter {
    /// The header's name, in lower case.
    pub header: String,
    /// The path to the value in the arguments.
    path: Vec<String>,
    /// The value is compared as a number (M072).
    pub is_integer: bool,
}

impl HeaderParameter {
    /// Returns the parameters that a tool's input schema names.
    ///
    /// # Errors
    /// The rule that an annotation breaks (M076 to M078).
    pub fn of(schema: &Value) -> Result<Vec<Self>, &'static str> {
        let mut found = Vec::new();
        let nothing = Map::new();
        let root = schema.as_object().unwrap_or(&nothing);
        gather(root, &[], &mut found)?;
        let mut names: Vec<&str> =
            found.iter().map(|parameter| parameter.header.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        if names.len() < found.len() {
            return Err("x-mcp-header: two arguments have the same header");
        }
        if count(schema) > found.len() {
            return Err("x-mcp-header stands where only properties lead to it");
        }
        Ok(found)
    }

    /// Returns the argument's value; `None` if it is absent or `null`, because it
    /// needs no header then (M071).
    pub fn value_in<'a>(&self, arguments: &'a Value) -> Option<&'a Value> {
        let step = |value: &'a Value, name: &String| value.get(name);
        let value = self.path.iter().try_fold(arguments, step)?;
        (!value.is_null()).then_some(value)
    }
}

fn gather(
    schema: &Map<String, Value>,
    path: &[String],
    found: &mut Vec<HeaderParameter>,
) -> Result<(), &'static str> {
    let Some(Value::Object(properties)) = schema.get("properties") else {
        return Ok(());
    };
    for (name, property) in properties {
        let Value::Object(property) = property else { continue };
        let path = [path, slice::from_ref(name)].concat();
        if let Some(annotation) = property.get(ANNOTATION) {
            found.push(parameter(annotation, property, path.clone())?);
        }
        gather(property, &path, found)?;
    }
    Ok(())
}

fn parameter(
    annotation: &Value,
    property: &Map<String, Value>,
    path: Vec<String>,
) -> Result<HeaderParameter, &'static str> {
    let name = annotation.as_str().filter(|name| is_token(name));
    let name = name.ok_or("x-mcp-header is the name of a header")?;
    let is_integer = match property.get("type").and_then(Value::as_str) {
        Some("integer") => true,
        Some("string" | "boolean") => false,
        _ => return Err("x-mcp-header: only strings, integers and booleans"),
    };
    let header = format!("{PREFIX}{}", name.to_ascii_lowercase());
    Ok(HeaderParameter { header, path, is_integer })
}

/// Returns whether a name is a token of RFC 9110, section 5.6.2.
fn is_token(name: &str) -> bool {
    let is_allowed =
        |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !name.is_empty() && name.bytes().all(is_allowed)
}

/// Counts the annotations in a schema, in permitted and other places. Does not
/// count a property that has the name of the annotation: its value is an object.
fn count(schema: &Value) -> usize {
    match schema {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| {
                let here = name == ANNOTATION && !value.is_object();
                usize::from(here) + count(value)
            })
            .sum(),
        Value::Array(items) => items.iter().map(count).sum(),
        _ => 0,
    }
}
