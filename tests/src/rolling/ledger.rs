//! What happened, counted by all clients together.

use std::fmt;
use std::sync::Mutex;

use super::Plan;
use crate::notes::{Notes, lock};

/// The counts of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests that were sent, each time counted.
    pub requests: u64,
    /// Of them, those that got no answer or another status than 2xx; and streams
    /// that broke off, without the answer and without asking to come back.
    pub failed: u64,
    /// Of them, those that were refused with 503 and `Retry-After`, and sent
    /// again.
    pub retried: u64,
    /// Streams that went on with another request.
    pub resumed: u64,
    /// Calls.
    pub calls: u64,
    /// Of them, those that got the right answer.
    pub answered: u64,
    /// Messages that came on streams.
    pub events: u64,
    /// Numbers and updates that did not come.
    pub lost: u64,
    /// Numbers, updates, answers and event ids that came more than once.
    pub doubled: u64,
    /// Nodes that were restarted.
    pub restarts: u64,
    /// Of them, those that did not end with status 0.
    pub unclean: u64,
}

impl Counts {
    fn rows(&self) -> [(&str, u64); 11] {
        [
            ("restarts", self.restarts),
            ("not in good order", self.unclean),
            ("requests", self.requests),
            ("failed", self.failed),
            ("503, sent again", self.retried),
            ("streams resumed", self.resumed),
            ("calls", self.calls),
            ("answers lost", self.calls - self.answered),
            ("events received", self.events),
            ("lost", self.lost),
            ("doubled", self.doubled),
        ]
    }
}

/// Where all that takes part writes down what it has seen.
#[derive(Debug, Default)]
pub struct Ledger {
    counts: Mutex<Counts>,
    notes: Notes,
}

impl Ledger {
    /// Counts something.
    pub fn count(&self, add: impl FnOnce(&mut Counts)) {
        add(&mut lock(&self.counts));
    }

    /// Something did not come.
    pub fn lost(&self, count: u64, what: impl fmt::Display) {
        self.count(|counts| counts.lost += count);
        self.note(format_args!("lost: {what}"));
    }

    /// Something came again.
    pub fn doubled(&self, count: u64, what: impl fmt::Display) {
        self.count(|counts| counts.doubled += count);
        self.note(format_args!("doubled: {what}"));
    }

    /// Notes something that helps to understand a failure, with its time.
    pub fn note(&self, what: impl fmt::Display) {
        self.notes.add(what);
    }

    /// The counts so far.
    pub fn counts(&self) -> Counts {
        lock(&self.counts).clone()
    }

    /// The notes so far.
    pub fn notes(&self) -> Vec<String> {
        self.notes.list()
    }
}

/// How a run went. Printed, it is a table, the checks, and how many of them
/// passed; and if some did not, everything that was noted.
#[derive(Debug)]
pub struct Report {
    /// What was to be done.
    pub plan: Plan,
    /// What the clients have seen.
    pub counts: Counts,
    /// What happened when.
    pub notes: Vec<String>,
}

impl Report {
    /// What must hold, and whether it does.
    pub fn checks(&self) -> [(String, bool); 7] {
        let (counts, least) = (&self.counts, self.plan.restarts);
        let check = |name: &str, held| (name.to_owned(), held);
        [
            (format!("at least {least} restarts"), counts.restarts >= least),
            check("every node ended in good order", counts.unclean == 0),
            check("streams went on elsewhere", counts.resumed > 0),
            check("no request failed", counts.requests > 0 && counts.failed == 0),
            check("every call was answered", counts.answered == counts.calls),
            check("nothing was lost", counts.events > 0 && counts.lost == 0),
            check("nothing was doubled", counts.doubled == 0),
        ]
    }

    /// How many checks failed.
    pub fn failed(&self) -> usize {
        self.checks().iter().filter(|(_, held)| !held).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (checks, failed) = (self.checks(), self.failed());
        if failed > 0 {
            self.notes.iter().try_for_each(|note| writeln!(f, "{note}"))?;
        }
        for (name, count) in self.counts.rows() {
            writeln!(f, "{name:<20}{count:>8}")?;
        }
        for (name, held) in &checks {
            writeln!(f, "{} {name}", if *held { "ok     " } else { "FAILED " })?;
        }
        write!(f, "{} passed, {failed} failed", checks.len() - failed)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn report(counts: Counts) -> Report {
        let plan = Plan { time: Duration::ZERO, restarts: 3 };
        Report { plan, counts, notes: vec!["a note".to_owned()] }
    }

    #[test]
    fn a_run_in_which_nothing_happened_proves_nothing() {
        let held = report(Counts::default()).checks().map(|(_, held)| held);
        assert_eq!(held, [false, true, false, false, true, false, true]);
    }

    #[test]
    fn notes_are_for_failures_only() {
        let (requests, events, calls) = (9, 9, 9);
        let mut counts = Counts { requests, events, calls, ..Counts::default() };
        (counts.answered, counts.resumed, counts.restarts) = (9, 1, 3);
        let good = report(counts.clone()).to_string();
        assert!(good.ends_with("\n7 passed, 0 failed"), "{good}");
        assert!(!good.contains("a note"), "{good}");

        counts.answered = 8;
        let bad = report(counts).to_string();
        assert!(bad.ends_with("\n6 passed, 1 failed"), "{bad}");
        assert!(bad.starts_with("a note\n"), "{bad}");
    }
}
