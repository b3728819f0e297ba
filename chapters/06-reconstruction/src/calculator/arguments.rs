//! The arguments of the tools.

use serde::Deserialize;

use super::arithmetic::Operation;

/// The arguments of `calculate`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalculateArguments {
    /// The first number.
    pub a: f64,
    /// The second number; not 0 when op is divide.
    pub b: f64,
    /// The operation on a and b, in this order.
    pub op: Operation,
}
