//! The arguments of the tools. A model reads the comments of the fields, and the
//! examples, which the table of tools moves into the descriptions.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::arithmetic::{Function, Operation};
use super::number::Number;

/// A tape ID as `open_tape` returns it.
const EXAMPLE_TAPE: &str = "tape-6f1c2b9de07a4458a3b1c5d2e8f90714";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [
    {"a": 100, "b": 50, "op": "add"},
    {"a": 7, "b": 2, "op": "divide", "stream": true},
    {"a": 7, "b": 2, "op": "multiply", "tape_id": EXAMPLE_TAPE},
]))]
pub struct CalculateArguments {
    /// The first number.
    pub a: Number,
    /// The second number; not 0 when op is divide.
    pub b: Number,
    /// The operation to apply to a and b, in this order.
    pub op: Operation,
    /// Report progress while the call runs, if the request has a progress token.
    #[serde(default)]
    pub stream: bool,
    /// The tape to record on, from open_tape; without one, nothing is recorded.
    pub tape_id: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(extend("examples" = [{
    "calculations": [
        {"a": 2, "b": 3, "op": "multiply"},
        {"a": 10, "b": 4, "op": "subtract"},
    ],
}]))]
pub struct BatchArguments {
    /// The calculations to make, 1 to 100, in this order.
    #[schemars(length(min = 1, max = 100))]
    pub calculations: Vec<BatchItem>,
    /// Report progress before each one, if the request has a progress token.
    #[serde(default)]
    pub report_progress: bool,
    /// The tape to record on, from open_tape; without one, nothing is recorded.
    #[serde(rename = "tape_id")]
    pub tape_id: Option<String>,
}

/// One calculation of a batch.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchItem {
    /// The first number.
    pub a: Number,
    /// The second number; not 0 when op is divide.
    pub b: Number,
    /// The operation to apply to a and b, in this order.
    pub op: Operation,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [
    {"operation": "factorial", "value": 5},
    {"operation": "power", "value": 3, "base": 2},
    {"operation": "log", "value": 8, "base": 2},
]))]
pub struct AdvancedArguments {
    /// The function to apply. Angles are in radians.
    pub operation: Function,
    /// The number to which the function is applied; for power, the exponent.
    pub value: Number,
    #[schemars(description = "Required for power, which raises base to value. \
        Optional for log, which is the natural logarithm without it. Other \
        functions ignore it.")]
    pub base: Option<Number>,
    /// The tape to record on, from open_tape; without one, nothing is recorded.
    pub tape_id: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{"tape_id": EXAMPLE_TAPE}]))]
pub struct ClearArguments {
    /// The tape whose history is cleared.
    #[schemars(required)]
    pub tape_id: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{}]))]
pub struct OpenTapeArguments {}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{"tape_id": EXAMPLE_TAPE}]))]
pub struct CloseTapeArguments {
    /// The tape to close.
    pub tape_id: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{}, {"steps": 10}]))]
pub struct DemoArguments {
    /// The number of steps, 1 to 100.
    #[serde(default = "five", deserialize_with = "whole")]
    #[schemars(range(min = 1, max = 100))]
    pub steps: u32,
}

fn five() -> u32 {
    5
}

/// Reads an integer as JSON Schema defines it, which includes 5.0. The cast is
/// exact for every number that the schema accepts.
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    f64::deserialize(deserializer).map(|steps| steps as u32)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{"value": "hello"}]))]
pub struct SampleArguments {
    /// The text to print.
    pub value: String,
}
