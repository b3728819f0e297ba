//! What a session remembers of its calculations.

use serde::Serialize;

use crate::{protocol::to_raw, sessions::Entry};

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calculation {
    /// What was done.
    pub operation: &'static str,
    /// The numbers that it was done with.
    pub inputs: Vec<f64>,
    /// What came out.
    pub result: f64,
}

impl Calculation {
    /// The form in which a session keeps it.
    pub fn entry(&self) -> Entry {
        Entry { operation: self.operation, body: to_raw(self) }
    }
}
