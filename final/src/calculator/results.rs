//! The structured content of tool results, for programs. People read the text
//! beside it.

use schemars::JsonSchema;
use serde::Serialize;

use super::history::{Calculation, CalculationId};
use super::number::Number;

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CalculationResult {
    /// What was done.
    pub operation: &'static str,
    /// The numbers that it was done with.
    pub inputs: Vec<Number>,
    /// What came out.
    pub result: Number,
    /// Under which name it is recorded in the history, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calculation_id: Option<CalculationId>,
    /// Why it is not recorded, if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
}

impl CalculationResult {
    pub fn of(calculation: Calculation, is_recorded: bool) -> Self {
        let Calculation { id, operation, inputs, result, .. } = calculation;
        let calculation_id = is_recorded.then_some(id);
        Self { operation, inputs, result, calculation_id, note: None }
    }
}

#[derive(Serialize, JsonSchema)]
pub struct BatchResult {
    /// One for each calculation, in the order of the call.
    pub results: Vec<ItemResult>,
    /// How many have a result.
    pub succeeded: usize,
    /// How many have none.
    pub failed: usize,
    /// Why nothing is recorded, if nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
}

/// What became of one calculation of a batch.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ItemResult {
    /// It was made.
    Made(CalculationResult),
    /// It has no result.
    Failed {
        /// The argument and the rule that it breaks.
        error: String,
    },
}

#[derive(Serialize, JsonSchema)]
pub struct ClearResult {
    /// How many calculations were forgotten; 0 if that was not confirmed.
    pub cleared: u64,
}

#[derive(Serialize, JsonSchema)]
pub struct OpenTapeResult {
    /// The tape's name, as other tools take it. Whoever has it can use the tape: keep it secret.
    pub tape_id: String,
    /// The tape is gone when it was not used for so many milliseconds.
    pub expires_after_ms: u64,
}

#[derive(Serialize, JsonSchema)]
pub struct CloseTapeResult {
    /// The tape is gone.
    pub closed: bool,
}

#[derive(Serialize, JsonSchema)]
pub struct DemoResult {
    /// How many steps were taken.
    pub steps: u32,
}

#[derive(Serialize, JsonSchema)]
pub struct SampleResult {
    /// The text that it was given.
    pub value: String,
}
