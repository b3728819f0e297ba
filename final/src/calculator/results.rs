//! The structured content of tool results, for programs. People read the text
//! beside it.

use schemars::JsonSchema;
use serde::Serialize;

use super::history::{Calculation, CalculationId};
use super::number::Number;

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CalculationResult {
    /// The operation that was applied.
    pub operation: &'static str,
    /// The numbers to which it was applied.
    pub inputs: Vec<Number>,
    /// The result.
    pub result: Number,
    /// The ID of the calculation in the history, if it is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calculation_id: Option<CalculationId>,
    /// The reason why it is not recorded, if it is not.
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
    /// The number of calculations that have a result.
    pub succeeded: usize,
    /// The number of calculations that have none.
    pub failed: usize,
    /// The reason why nothing is recorded, if nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
}

/// The outcome of one calculation of a batch.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ItemResult {
    /// The calculation has a result.
    Made(CalculationResult),
    /// It has no result.
    Failed {
        /// The argument and the rule that it breaks.
        error: String,
    },
}

#[derive(Serialize, JsonSchema)]
pub struct ClearResult {
    /// The number of calculations that were removed; 0 if the user did not confirm.
    pub cleared: u64,
}

#[derive(Serialize, JsonSchema)]
pub struct OpenTapeResult {
    /// The tape's ID, for other tools. Keep it secret: it gives access to the tape.
    pub tape_id: String,
    /// The tape expires after this number of milliseconds without use.
    pub expires_after_ms: u64,
}

#[derive(Serialize, JsonSchema)]
pub struct CloseTapeResult {
    /// The tape is closed.
    pub closed: bool,
}

#[derive(Serialize, JsonSchema)]
pub struct DemoResult {
    /// The number of steps that were taken.
    pub steps: u32,
}

#[derive(Serialize, JsonSchema)]
pub struct SampleResult {
    /// The text that was passed.
    pub value: String,
}
