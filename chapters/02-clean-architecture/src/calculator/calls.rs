//! Calls of tools.

use super::arguments::CalculateArguments;
use crate::protocol::{RawJson, from_raw};

/// The rule that a model reads if its arguments do not fit.
const ARGUMENTS_RULE: &str = "a and b must be numbers, op must be add, subtract, \
    multiply or divide; each once, and nothing else";

/// Calculates, and formats the result for a reader.
pub fn calculate(arguments: Option<&RawJson>) -> Result<String, &'static str> {
    let CalculateArguments { a, b, op } =
        from_raw(arguments).ok_or(ARGUMENTS_RULE)?;
    let result = op.apply(a, b)?;
    Ok(format!("{a} {} {b} = {result}", op.name()))
}
