//! Numbers, written as JavaScript writes them: clients compare with that form, and
//! people expect it.

use std::fmt;

use schemars::JsonSchema;
use serde::ser::Error;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

/// The first whole number after which doubles skip one (2^53).
const FIRST_GAP: f64 = 9_007_199_254_740_992.0;

/// A double that is neither infinite nor NaN, so that JSON can hold it.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Deserialize, JsonSchema)]
#[serde(try_from = "f64")]
#[schemars(with = "f64")]
pub struct Number(f64);

impl Number {
    /// Makes a number of `value`; `None` if it is not finite.
    pub fn new(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self(value))
    }

    /// Returns the double.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Number {
    type Error = &'static str;

    fn try_from(value: f64) -> Result<Self, Self::Error> {
        Self::new(value).ok_or("must be finite")
    }
}

impl Number {
    /// Returns the value as an integer, if it is one that doubles represent
    /// exactly.
    fn whole(self) -> Option<i64> {
        let Self(value) = self;
        // The cast is exact: the value is whole and far inside the range.
        (value.fract() == 0.0 && value.abs() < FIRST_GAP).then_some(value as i64)
    }
}

/// Writes like `String(n)`: the fewest digits that parse to the same double, no
/// minus for zero, an exponent below 1e-6 and from 1e21 on.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value) = self;
        if let Some(whole) = self.whole() {
            return whole.fmt(f);
        }
        match value.abs() {
            ..1e-6 => write!(f, "{value:e}"),
            ..1e21 => write!(f, "{value}"),
            // Rust leaves out the plus.
            _ => f.write_str(&format!("{value:e}").replace('e', "e+")),
        }
    }
}

/// Writes like `JSON.stringify(n)`, which is the same text: 150 rather than 150.0.
impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(whole) = self.whole() {
            return whole.serialize(serializer);
        }
        let text = RawValue::from_string(self.to_string());
        text.map_err(S::Error::custom)?.serialize(serializer)
    }
}
