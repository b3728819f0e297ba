//! What happens when a tool is called.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::arguments::CalculateArguments;

/// Calculates, and writes the result down as a person would.
pub fn calculate(arguments: Map<String, Value>) -> Result<String, &'static str> {
    let CalculateArguments { a, b, op } = CalculateArguments::deserialize(
        Value::Object(arguments),
    )
    .map_err(
        |_| "a and b must be numbers, op must be add, subtract, multiply or divide",
    )?;
    let result = op.apply(a, b)?;
    Ok(format!("{a} {} {b} = {result}", op.name()))
}
