//! What the tools answer, for programs. For people there is a text beside it.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    history::{Calculation, CalculationId},
    number::Number,
};

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CalculationResult {
    /// What was done.
    pub operation: &'static str,
    /// The numbers that it was done with.
    pub inputs: Vec<Number>,
    /// What came out.
    pub result: Number,
    /// Where it is recorded: calculator://history/{calculationId}
    pub calculation_id: CalculationId,
}

impl From<Calculation> for CalculationResult {
    fn from(calculation: Calculation) -> Self {
        let Calculation { id, operation, inputs, result, .. } = calculation;
        Self { operation, inputs, result, calculation_id: id }
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
}

/// What became of one calculation of a batch.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ItemResult {
    /// It was made and recorded.
    Recorded(CalculationResult),
    /// It has no result and was not recorded.
    Failed {
        /// The argument and the rule that it breaks.
        error: String,
    },
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
