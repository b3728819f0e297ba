//! Calls of tools.

use serde_json::json;

use super::arguments::CalculateArguments;
use crate::protocol::errors::RpcError;
use crate::protocol::tools::ToolResult;
use crate::protocol::{RawJson, from_raw, to_raw};
use crate::service::Context;
use crate::sessions::HistoryEntry;

/// The rule that a model reads if its arguments do not fit.
const ARGUMENTS_RULE: &str = "a and b must be numbers, op must be add, subtract, \
    multiply or divide; each once, and nothing else";

/// Calculates, records the calculation, and formats the result for a reader.
pub async fn calculate(
    cx: &Context,
    arguments: Option<&RawJson>,
) -> Result<ToolResult, RpcError> {
    let Some(CalculateArguments { a, b, op }) = from_raw(arguments) else {
        return Ok(ToolResult::error(ARGUMENTS_RULE));
    };
    let result = match op.apply(a, b) {
        Ok(result) => result,
        Err(rule) => return Ok(ToolResult::error(rule)),
    };
    let operation = op.name();
    let line =
        json!({ "operation": operation, "inputs": [a, b], "result": result });
    cx.state()
        .append_history(&[HistoryEntry { operation, body: to_raw(&line) }])
        .await?;
    Ok(ToolResult::text(format!("{a} {operation} {b} = {result}")))
}
