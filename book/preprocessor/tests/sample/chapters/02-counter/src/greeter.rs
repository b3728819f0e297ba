//! The greeter and its memory.

use std::collections::BTreeMap;
use std::fmt;

use voice::Voice;

#[cfg(test)]
mod tests;

/// Who is greeted if nobody is named.
const NOBODY: &str = "world";

/// Remembers whom it has greeted.
#[derive(Debug, Default)]
pub struct Greeter {
    /// How often, by name.
    counts: BTreeMap<String, u32>,
}

impl Greeter {
    /// The greeting, with a fallback.
    pub fn greet(&mut self, name: Option<&str>) -> String {
        let name = name.unwrap_or(NOBODY);
        *self.counts.entry(name.to_owned()).or_default() += 1;
        format!("Hello, {name}!")
    }

    /// How often `name` was greeted.
    pub fn count(&self, name: &str) -> u32 {
        self.counts.get(name).copied().unwrap_or(0)
    }
}

impl Voice for Greeter {
    fn sound(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Greeter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} greetings", self.counts.values().sum::<u32>())
    }
}
