//! What the tools are given.

use serde::Deserialize;

use super::arithmetic::Operation;

/// What `calculate` is given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalculateArguments {
    /// The first number.
    pub a: f64,
    /// The second number; not 0 when op is divide.
    pub b: f64,
    /// What to do with a and b, in this order.
    pub op: Operation,
}
