//! What happened, counted by all who take part, and what must hold.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Plan;
use crate::notes::{Notes, lock};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is explained by its label")]
pub enum What {
    NodesKilled,
    NodesFrozen,
    RedisKilled,
    RedisFrozen,
    Cuts,
    Sessions,
    SessionsEnded,
    Calls,
    Answered,
    Refused,
    Broken,
    Abandoned,
    IdsReused,
    Resumed,
    Acknowledged,
    Recorded,
    Totals,
    Unanswered,
    Doubled,
    Crossed,
    Missing,
    Twice,
    Miscounted,
    SessionsLost,
}

/// What each count is called in the table. Those from `Unanswered` on are faults.
const LABELS: [(What, &str); 24] = [
    (What::NodesKilled, "nodes killed"),
    (What::NodesFrozen, "nodes frozen"),
    (What::RedisKilled, "Redis killed"),
    (What::RedisFrozen, "Redis frozen"),
    (What::Cuts, "connections cut"),
    (What::Sessions, "sessions"),
    (What::SessionsEnded, "sessions ended"),
    (What::Calls, "requests"),
    (What::Answered, "answered"),
    (What::Refused, "answered with an error"),
    (What::Broken, "broken off before a stream"),
    (What::Abandoned, "left by their client"),
    (What::IdsReused, "under an id used before"),
    (What::Resumed, "streams resumed"),
    (What::Acknowledged, "calculations acknowledged"),
    (What::Recorded, "calculations recorded"),
    (What::Totals, "calculations in the totals"),
    (What::Unanswered, "without an answer"),
    (What::Doubled, "answered twice"),
    (What::Crossed, "answers of another call"),
    (What::Missing, "acknowledged, not recorded"),
    (What::Twice, "recorded twice"),
    (What::Miscounted, "sessions counted wrong"),
    (What::SessionsLost, "sessions lost"),
];

/// Where all who take part write down what they have seen.
#[derive(Debug, Default)]
pub struct Account {
    counts: Mutex<BTreeMap<What, u64>>,
    notes: Notes,
    faults_ended: AtomicBool,
}

impl Account {
    /// Records that nothing fails any more.
    pub fn end_faults(&self) {
        self.faults_ended.store(true, Ordering::Relaxed);
    }

    /// Returns whether nothing fails any more.
    pub fn faults_have_ended(&self) -> bool {
        self.faults_ended.load(Ordering::Relaxed)
    }

    /// Counts something.
    pub fn count(&self, what: What) {
        *lock(&self.counts).entry(what).or_default() += 1;
    }

    /// Counts a fault, and says what it is about.
    pub fn fault(&self, what: What, about: impl fmt::Display) {
        self.count(what);
        self.note(format_args!("FAULT {what:?}: {about}"));
    }

    /// Sets a count that was made elsewhere.
    pub fn set(&self, what: What, count: u64) {
        lock(&self.counts).insert(what, count);
    }

    /// Notes something that helps to understand a fault, with its time.
    pub fn note(&self, what: impl fmt::Display) {
        self.notes.add(what);
    }

    /// The counts so far.
    pub fn counts(&self) -> BTreeMap<What, u64> {
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
    /// What was seen.
    pub counts: BTreeMap<What, u64>,
    /// What happened when.
    pub notes: Vec<String>,
}

impl Report {
    /// How many of these there were.
    pub fn of(&self, what: What) -> u64 {
        self.counts.get(&what).copied().unwrap_or(0)
    }

    /// What must hold, and whether it does.
    pub fn checks(&self) -> [(&'static str, bool); 6] {
        let none = |what| self.of(what) == 0;
        let (recorded, totals) = (self.of(What::Recorded), self.of(What::Totals));
        let once = none(What::Unanswered) && none(What::Doubled);
        let kept = none(What::Missing) && none(What::Twice);
        [
            ("something was calculated", self.of(What::Acknowledged) > 0),
            ("every call that could be followed got one answer", once),
            ("no call got the answer of another", none(What::Crossed)),
            ("what was acknowledged is recorded, once", kept),
            (
                "every session counts what it recorded",
                none(What::Miscounted) && none(What::SessionsLost),
            ),
            ("the totals are what was recorded", totals == recorded),
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
        writeln!(f, "{:<28}{:>8}", "seed", self.plan.seed)?;
        for (what, label) in LABELS {
            writeln!(f, "{label:<28}{:>8}", self.of(what))?;
        }
        for (name, held) in &checks {
            writeln!(f, "{} {name}", if *held { "ok     " } else { "FAILED " })?;
        }
        write!(f, "{} passed, {failed} failed", checks.len() - failed)
    }
}
