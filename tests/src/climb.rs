//! The ladder: what a server must be able to do by the end of each chapter.
//!
//! A [`Scenario`] is declared once, with the chapter since which it holds. It asks
//! only what the protocol and the calculator's surface demand, so that any correct
//! server passes it, in whatever language: `cargo xtask check 03 --cmd "…"`.
//!
//! | module | what it is |
//! |---|---|
//! | [`scenarios`] | all scenarios, in the order of the chapters |
//! | [`stage`] | what a scenario finds: running nodes, and what it may do to them |
//! | [`server`] | the server that climbs: an address, or a command to start it |
//! | [`visitor`] | a client that expects nothing |
//! | [`answer`] | what came back, and complaints about it |
//! | [`chapters`] | the chapters of this repository |
//! | [`table`] | the table of chapters and capabilities |

pub mod answer;
pub mod chapters;
pub mod scenarios;
pub mod server;
pub mod stage;
pub mod table;
pub mod visitor;

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use tokio::task::LocalSet;
use tokio::time::timeout;

pub use answer::Answer;
pub use chapters::Chapter;
pub use server::Server;
pub use stage::Stage;
pub use visitor::Visitor;

/// The longest that one scenario may take, start and stop of its nodes included.
const DEADLINE: Duration = Duration::from_secs(60);

/// What was expected and did not happen, for the author of the server.
pub type Complaint = String;

/// How a scenario ends.
pub type Outcome = Result<(), Complaint>;

/// A scenario's steps.
pub type Steps =
    for<'a> fn(&'a mut Stage) -> Pin<Box<dyn Future<Output = Outcome> + 'a>>;

/// Something that a server can do, and how to see it.
pub struct Scenario {
    /// What holds, in a sentence.
    pub name: &'static str,
    /// The row of the table of capabilities that it belongs to.
    pub capability: &'static str,
    /// The chapter that brings it.
    pub since: u8,
    /// Later chapters that change what is seen, without breaking what is asked.
    pub changes: &'static [Change],
    /// What it does to the server besides asking it.
    pub needs: &'static [Need],
    /// What to do and what to expect.
    pub steps: Steps,
}

/// From a chapter on, the same question is answered in another way.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    /// The first chapter whose answers differ.
    pub since: u8,
    /// Why they do.
    pub why: &'static str,
}

/// What a scenario can need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A server that nobody else uses.
    Alone,
    /// The server is started with this variable in its environment.
    Setting(&'static str, &'static str),
    /// The server is started with `--stdio` instead of a port.
    Stdio,
    /// Two nodes that share a Redis.
    TwoNodes,
    /// A node is killed.
    Kill,
    /// The Redis of the nodes loses its data.
    EmptyRedis,
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alone => f.write_str("to start a server of its own"),
            Self::Setting(name, value) => {
                write!(f, "to start the server with {name}={value}")
            }
            Self::Stdio => f.write_str("to start the server with --stdio"),
            Self::TwoNodes => f.write_str("to start two nodes on one Redis"),
            Self::Kill => f.write_str("to kill a node"),
            Self::EmptyRedis => f.write_str("to delete the data in Redis"),
        }
    }
}

/// What came of one scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It holds. The transcript is what was worth writing down.
    Passed(String),
    /// It does not, and why.
    Failed(Complaint),
    /// It was not run, and why.
    Skipped(String),
}

impl Scenario {
    /// A scenario that needs nothing and whose answers never change.
    const fn new(
        since: u8,
        capability: &'static str,
        name: &'static str,
        steps: Steps,
    ) -> Self {
        Self { name, capability, since, changes: &[], needs: &[], steps }
    }

    /// The same, with later chapters that change what is seen.
    const fn changes(self, changes: &'static [Change]) -> Self {
        Self { changes, ..self }
    }

    /// The same, with needs.
    const fn needs(self, needs: &'static [Need]) -> Self {
        Self { needs, ..self }
    }

    /// The first chapter of the range whose answers are those of `chapter`.
    pub fn range(&self, chapter: u8) -> u8 {
        let changes = self.changes.iter().map(|change| change.since);
        let started = changes.filter(|since| *since <= chapter);
        started.max().unwrap_or(self.since)
    }

    /// Puts the scenario to a server.
    pub async fn put_to(&'static self, server: &Server) -> Verdict {
        if let Some(reason) = server.cannot(self.needs) {
            return Verdict::Skipped(reason);
        }
        let server = server.clone();
        // A task of its own, because the verbs of this crate panic when something
        // does not happen in time.
        let tasks = LocalSet::new();
        let run = tasks.spawn_local(async move {
            let mut stage = Stage::set(&server, self.needs).await?;
            (self.steps)(&mut stage).await?;
            Ok(stage.transcript())
        });
        let Ok(ended) = timeout(DEADLINE, tasks.run_until(run)).await else {
            return Verdict::Failed(format!("not done within {DEADLINE:?}"));
        };
        match ended {
            Ok(Ok(transcript)) => Verdict::Passed(transcript),
            Ok(Err(complaint)) => Verdict::Failed(complaint),
            Err(error) => Verdict::Failed(match error.try_into_panic() {
                Ok(panic) => sentence(&*panic),
                Err(error) => error.to_string(),
            }),
        }
    }
}

/// What a helper said when it gave up.
fn sentence(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a helper of the ladder panicked").to_owned()
}

/// All scenarios that hold by the end of this chapter.
pub fn up_to(chapter: u8) -> impl Iterator<Item = &'static Scenario> {
    scenarios::ALL.iter().copied().flatten().filter(move |s| s.since <= chapter)
}
