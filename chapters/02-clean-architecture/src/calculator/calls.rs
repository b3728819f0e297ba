//! What happens when a tool is called.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::arguments::CalculateArguments;

/// What a model is told about arguments that do not fit.
const ARGUMENTS_RULE: &str =
    "a and b must be numbers, op must be add, subtract, multiply or divide";

/// Calculates, and writes the result down as a person would.
pub fn calculate(arguments: Map<String, Value>) -> Result<String, &'static str> {
    let arguments = CalculateArguments::deserialize(Value::Object(arguments));
    let CalculateArguments { a, b, op } = arguments.map_err(|_| ARGUMENTS_RULE)?;
    let result = op.apply(a, b)?;
    Ok(format!("{a} {} {b} = {result}", op.name()))
}
