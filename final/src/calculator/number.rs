//! Numbers, written as JavaScript writes them: the form that clients compare
//! with and people expect.

use std::fmt;

use schemars::JsonSchema;
use serde::ser::Error;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

/// From here on doubles skip whole numbers (2^53).
const FIRST_GAP: f64 = 9_007_199_254_740_992.0;

/// A double that is neither infinite nor NaN, so that JSON can hold it.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Deserialize, JsonSchema)]
#[serde(try_from = "f64")]
#[schemars(with = "f64")]
pub struct Number(f64);

impl Number {
    /// `value`, if it is finite.
    pub fn new(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self(value))
    }

    /// The double.
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
    /// The same value as an integer, if doubles are still exact there.
    fn whole(self) -> Option<i64> {
        let Self(value) = self;
        // Loses nothing: the value is whole and far inside the range.
        (value.fract() == 0.0 && value.abs() < FIRST_GAP).then_some(value as i64)
    }
}

/// Like `String(n)`: the fewest digits that give the same double again, no
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

/// Like `JSON.stringify(n)`, which is the same text: 150 rather than 150.0.
impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(whole) = self.whole() {
            return whole.serialize(serializer);
        }
        let text = RawValue::from_string(self.to_string());
        text.map_err(S::Error::custom)?.serialize(serializer)
    }
}
