//! What a client knows of its session's calculations.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::account::{Account, What};

/// The calculations of one session. Each has a number of its own to calculate with.
#[derive(Debug, Default)]
pub struct Book {
    /// Those that were acknowledged and not checked yet.
    acknowledged: BTreeSet<u64>,
    /// Those that were sent, and of which nothing is known.
    in_doubt: BTreeSet<u64>,
    /// Those that were ever seen in the history: their ids, and their numbers.
    found: BTreeMap<String, u64>,
}

impl Book {
    /// A calculation is sent.
    pub fn send(&mut self, number: u64) {
        self.in_doubt.insert(number);
    }

    /// Its right result has come.
    pub fn acknowledge(&mut self, number: u64) {
        self.in_doubt.remove(&number);
        self.acknowledged.insert(number);
    }

    /// The history as it was read. It keeps 50, so it is read often.
    pub fn enter(&mut self, history: &Value) {
        for one in history.as_array().into_iter().flatten() {
            let id = one["id"].as_str().unwrap_or_default().to_owned();
            let number = one["inputs"][0].as_f64().unwrap_or_default() as u64;
            self.in_doubt.remove(&number);
            self.found.insert(id, number);
        }
    }

    /// How many calculations are known to be recorded.
    pub fn recorded(&self) -> u64 {
        self.found.len() as u64
    }

    /// Whether it is known of every calculation what became of it.
    pub fn is_certain(&self) -> bool {
        self.in_doubt.is_empty()
    }

    /// What was acknowledged is recorded, and nothing is recorded twice.
    pub fn check(&mut self, account: &Account) {
        let mut found = BTreeSet::new();
        for number in self.found.values() {
            if !found.insert(*number) {
                account.fault(What::Twice, number);
            }
        }
        for missing in self.acknowledged.difference(&found) {
            account.fault(What::Missing, missing);
        }
        self.acknowledged.clear();
    }
}
