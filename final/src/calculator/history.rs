//! The entries of a calculation history.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::number::Number;
use crate::protocol::{RawJson, to_raw};
use crate::sessions::{HistoryEntry, Timestamp};

/// Names one recorded calculation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(with = "String")]
pub struct CalculationId(Uuid);

impl CalculationId {
    /// Generates an id.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// Parses the hyphenated lower-case form, the only one that the server writes.
    pub fn parse(text: &str) -> Option<Self> {
        let id = Self(Uuid::try_parse(text).ok()?);
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for CalculationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// An entry of the history.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calculation {
    /// Names the calculation in resource URIs.
    pub id: CalculationId,
    /// In milliseconds since 1970.
    timestamp: u64,
    pub(super) operation: &'static str,
    pub(super) inputs: Vec<Number>,
    pub(super) result: Number,
}

impl Calculation {
    /// Makes the record of a calculation, with a new id.
    pub fn new(
        operation: &'static str,
        inputs: Vec<Number>,
        result: Number,
        now: Timestamp,
    ) -> Self {
        let id = CalculationId::random();
        Self { id, timestamp: now.0, operation, inputs, result }
    }

    /// Returns the form in which a store keeps the calculation.
    pub fn entry(&self) -> HistoryEntry {
        HistoryEntry { operation: self.operation, body: to_raw(self) }
    }
}

/// Returns the calculation with this id.
pub fn find(history: &[RawJson], id: CalculationId) -> Option<&RawJson> {
    history.iter().find(|kept| id_of(kept) == Some(id))
}

/// Returns the ids of a history, newest first.
pub fn newest_ids(history: &[RawJson]) -> Vec<String> {
    history.iter().rev().filter_map(id_of).map(|id| id.to_string()).collect()
}

fn id_of(kept: &RawJson) -> Option<CalculationId> {
    let kept: Value = serde_json::from_str(kept.get()).ok()?;
    CalculationId::parse(kept["id"].as_str()?)
}
