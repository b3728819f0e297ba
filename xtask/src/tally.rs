//! What was checked, and how it went.

use std::fmt;
use std::ops::AddAssign;

/// Counts of checks. Printed, it is the closing line of every command.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Checks that held.
    pub passed: usize,
    /// Checks that did not.
    pub failed: usize,
    /// Checks that were not run.
    pub skipped: usize,
}

impl Tally {
    /// How many checks there were.
    pub fn total(&self) -> usize {
        self.passed + self.failed + self.skipped
    }

    /// The counts in the closing line `7 passed, 0 failed, 2 skipped`.
    pub fn parse(line: &str) -> Option<Self> {
        let mut parts = line.split(", ").map(|part| part.split_once(' '));
        let mut count = |name: &str| -> Option<usize> {
            let (number, kind) = parts.next()??;
            number.parse().ok().filter(|_| kind == name)
        };
        let (passed, failed) = (count("passed")?, count("failed")?);
        Some(Self { passed, failed, skipped: count("skipped").unwrap_or(0) })
    }

    /// Counts one check, and prints it under its name.
    pub fn check(&mut self, name: &str, held: bool) {
        println!("{} {name}", if held { "ok     " } else { "FAILED " });
        if held {
            self.passed += 1;
        } else {
            self.failed += 1;
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(out, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn the_closing_line_names_skipped_checks_only_if_there_are_any() {
        let mut tally = Tally { passed: 2, failed: 0, skipped: 0 };
        assert_eq!(tally.to_string(), "2 passed, 0 failed");

        tally += Tally { passed: 1, failed: 3, skipped: 1 };
        assert_eq!(tally.to_string(), "3 passed, 3 failed, 1 skipped");
    }

    #[test]
    fn the_closing_line_is_told_from_others() {
        for tally in [
            Tally { passed: 6, failed: 1, skipped: 0 },
            Tally { passed: 6, failed: 1, skipped: 2 },
        ] {
            assert_eq!(Tally::parse(&tally.to_string()), Some(tally));
        }
        for line in ["FAILED  no request failed", "failed                     0"] {
            assert_eq!(Tally::parse(line), None, "{line}");
        }
        assert_eq!(Tally::parse("skipped 03 needs a command"), None);
    }
}
