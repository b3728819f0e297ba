//! The operations and functions, and the arguments for which they are undefined.

use schemars::JsonSchema;
use serde::Deserialize;

use super::number::Number;

/// An operation on two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
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
    /// Returns the name on the wire, in the history and in the totals.
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
    /// [`UndefinedResult`] for a division by zero and for an infinite result.
    pub fn apply(self, a: Number, b: Number) -> Result<Number, UndefinedResult> {
        let a = a.get();
        let b = b.get();
        let result = match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => {
                require(b != 0.0, "b must not be 0 when op is divide")?;
                a / b
            }
        };
        Number::new(result)
            .ok_or(UndefinedResult("a and b must have a result below 1.8e308"))
    }
}

/// A function of one number, some with a base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Function {
    /// 1 × 2 × … × value
    Factorial,
    /// base raised to value
    Power,
    /// The square root.
    Sqrt,
    /// The logarithm, natural without a base.
    Log,
    /// The sine of an angle in radians.
    Sin,
    /// The cosine of an angle in radians.
    Cos,
    /// The tangent of an angle in radians.
    Tan,
}

impl Function {
    /// Returns the name on the wire, in the history and in the totals.
    pub fn name(self) -> &'static str {
        match self {
            Self::Factorial => "factorial",
            Self::Power => "power",
            Self::Sqrt => "sqrt",
            Self::Log => "log",
            Self::Sin => "sin",
            Self::Cos => "cos",
            Self::Tan => "tan",
        }
    }

    /// Returns the arguments that the function uses, in the order in which they are
    /// written.
    pub fn inputs(self, value: Number, base: Option<Number>) -> Vec<Number> {
        let base = base.filter(|_| matches!(self, Self::Power | Self::Log));
        std::iter::once(value).chain(base).collect()
    }

    /// Calculates the result for `value` and, if the function has one, `base`.
    ///
    /// # Errors
    /// [`UndefinedResult`] outside the function's domain.
    pub fn apply(
        self,
        value: Number,
        base: Option<Number>,
    ) -> Result<Number, UndefinedResult> {
        const NO_BASE: UndefinedResult = UndefinedResult(
            "base is required for power, which is base raised to value",
        );
        let value = value.get();
        let base = base.map(Number::get);
        let result = match self {
            Self::Factorial => factorial(value)?,
            Self::Power => base.ok_or(NO_BASE)?.powf(value),
            Self::Sqrt => {
                require(value >= 0.0, "value must not be negative for sqrt")?;
                value.sqrt()
            }
            Self::Log => logarithm(value, base)?,
            Self::Sin => value.sin(),
            Self::Cos => value.cos(),
            Self::Tan => value.tan(),
        };
        Number::new(result)
            .ok_or(UndefinedResult("value and base must have a finite real result"))
    }
}

fn factorial(value: f64) -> Result<f64, UndefinedResult> {
    let rule = "value must be a whole number and not negative for factorial";
    require(value >= 0.0 && value.fract() == 0.0, rule)?;
    // 171! is larger than any double.
    require(value <= 170.0, "value must be at most 170 for factorial")?;
    Ok((1..=170).map(f64::from).take_while(|factor| *factor <= value).product())
}

fn logarithm(value: f64, base: Option<f64>) -> Result<f64, UndefinedResult> {
    require(value > 0.0, "value must be greater than 0 for log")?;
    let Some(base) = base else { return Ok(value.ln()) };
    let rule = "base must be greater than 0 and other than 1 for log";
    require(base > 0.0 && base != 1.0, rule)?;
    // The quotient of two rounded logarithms may differ slightly from a whole
    // number: log(1000, 10) would be 2.9999999999999996.
    let quotient = value.ln() / base.ln();
    let whole = quotient.round();
    Ok(if base.powf(whole) == value { whole } else { quotient })
}

fn require(holds: bool, rule: &'static str) -> Result<(), UndefinedResult> {
    if holds { Ok(()) } else { Err(UndefinedResult(rule)) }
}

/// The reason why there is no result: a sentence that names the argument and its
/// rule, so that a model can correct its call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UndefinedResult(&'static str);
