//! What happens when a tool is called.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::arguments::CalculateArguments;
use crate::{
    protocol::{errors::RpcError, to_raw, tools::ToolResult},
    service::Context,
    sessions::Entry,
};

/// What a model is told about arguments that do not fit.
const ARGUMENTS_RULE: &str =
    "a and b must be numbers, op must be add, subtract, multiply or divide";

/// Calculates, records it, and writes the result down as a person would.
pub async fn calculate(
    cx: &Context,
    arguments: Map<String, Value>,
) -> Result<ToolResult, RpcError> {
    let arguments = CalculateArguments::deserialize(Value::Object(arguments));
    let Ok(CalculateArguments { a, b, op }) = arguments else {
        return Ok(ToolResult::error(ARGUMENTS_RULE));
    };
    let result = match op.apply(a, b) {
        Ok(result) => result,
        Err(rule) => return Ok(ToolResult::error(rule)),
    };
    let operation = op.name();
    let line =
        json!({ "operation": operation, "inputs": [a, b], "result": result });
    cx.state().append(&[Entry { operation, body: to_raw(&line) }]).await?;
    Ok(ToolResult::text(format!("{a} {operation} {b} = {result}")))
}
