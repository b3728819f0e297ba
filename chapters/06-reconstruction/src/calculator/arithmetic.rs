//! Arithmetic, and where it is not defined.

use serde::Deserialize;

/// An operation on two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// a + b
    Add,
    /// a - b
    Subtract,
    /// a × b
    Multiply,
    /// a ÷ b
    Divide,
}

impl Operation {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Subtract => "subtract",
            Self::Multiply => "multiply",
            Self::Divide => "divide",
        }
    }

    /// Calculates the result for `a` and `b`.
    ///
    /// # Errors
    /// The rule that `a` and `b` break, for a model to read.
    pub fn apply(self, a: f64, b: f64) -> Result<f64, &'static str> {
        let result = match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide if b == 0.0 => {
                return Err("b must not be 0 when op is divide");
            }
            Self::Divide => a / b,
        };
        // JSON has no infinity.
        let rule = "a and b must have a result below 1.8e308";
        if result.is_finite() { Ok(result) } else { Err(rule) }
    }
}
