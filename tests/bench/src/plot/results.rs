//! The figures that were kept.

use std::error::Error;
use std::fs::read_to_string;

use serde_json::Value;

/// `results.json`
pub struct Results(Value);

/// Smallest, median and largest sample.
#[derive(Clone, Copy)]
pub struct Range {
    pub min: f64,
    pub median: f64,
    pub max: f64,
}

impl Results {
    pub fn read(path: &str) -> Result<Self, Box<dyn Error>> {
        Ok(Self(serde_json::from_str(&read_to_string(path)?)?))
    }

    /// A figure by its name.
    pub fn get(&self, name: &str) -> Result<Range, Box<dyn Error>> {
        let figure = &self.0["figures"][name];
        let part = |part: &str| {
            figure[part].as_f64().ok_or_else(|| format!("no figure {name:?}"))
        };
        Ok(Range { min: part("min")?, median: part("median")?, max: part("max")? })
    }
}
