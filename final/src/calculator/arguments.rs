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
    /// What to do with a and b, in this order.
    pub op: Operation,
    /// Report progress on the way, if the request has a progress token.
    #[serde(default)]
    pub stream: bool,
    /// Where the calculation is recorded, from open_tape; without one it is not.
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
    /// The calculations, 1 to 100, done in this order.
    #[schemars(length(min = 1, max = 100))]
    pub calculations: Vec<BatchItem>,
    /// Report progress before each one, if the request has a progress token.
    #[serde(default)]
    pub report_progress: bool,
    /// Where the calculations are recorded, from open_tape; without one they are not.
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
    /// What to do with a and b, in this order.
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
    /// Which function. Angles are in radians.
    pub operation: Function,
    /// What it is applied to; the exponent for power.
    pub value: Number,
    #[schemars(description = "Required for power (base raised to value). For \
        log, the natural logarithm is taken without it. Other functions ignore it.")]
    pub base: Option<Number>,
    /// Where the calculation is recorded, from open_tape; without one it is not.
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
    /// The tape that is not needed any more.
    pub tape_id: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{}, {"steps": 10}]))]
pub struct DemoArguments {
    /// How many steps to pretend, 1 to 100.
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
