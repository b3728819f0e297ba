//! Which scenarios a revision of the protocol requires, as the suite says.

use std::path::Path;
use std::time::Duration;

use crate::process::run_within;
use crate::{Error, npx};

use super::SUITE;

/// The suite's own list for one revision, scenarios for servers only.
#[derive(Debug, PartialEq, Eq)]
pub struct Requirements {
    /// The date that names the revision.
    pub revision: String,
    scored: Vec<String>,
    unscored: Vec<String>,
}

impl Requirements {
    /// Asks the suite, which ships one frozen list per revision.
    pub fn ask_suite(revision: &str, folder: &Path) -> Result<Self, Error> {
        println!("asking the suite what {revision} requires");
        let mut command = npx::npx(&[SUITE])?;
        command.args(["conformance", "list", "--requirements", revision]);
        let log = folder.join("requirements.log");
        let limit = Duration::from_secs(5 * 60);
        let output = run_within(limit, &mut command, &log)?;
        let requirements = Self::parse(revision, &output.text);
        if !output.success || requirements.scored.is_empty() {
            let log = log.with_extension("stderr.log");
            let log = log.display();
            return Err(format!("no list for {revision}; see {log}").into());
        }
        Ok(requirements)
    }

    /// Reads the list as it is printed: scored scenarios stand under `Server
    /// scenarios`, those that are only reported end in `[server]`.
    fn parse(revision: &str, text: &str) -> Self {
        let mut found = Self {
            revision: revision.into(),
            scored: Vec::new(),
            unscored: Vec::new(),
        };
        let mut in_server_scenarios = false;
        for line in text.lines() {
            let Some(entry) = line.trim_start().strip_prefix("- ") else {
                in_server_scenarios = line.starts_with("Server scenarios");
                continue;
            };
            if let Some(name) = entry.strip_suffix(" [server]") {
                found.unscored.push(name.into());
            } else if in_server_scenarios {
                found.scored.push(entry.into());
            }
        }
        found
    }

    /// Whether clients of this revision open sessions.
    pub fn has_sessions(&self) -> bool {
        self.revision.as_str() < "2026"
    }

    /// All scenarios with `true` for those that are scored, which come first.
    pub fn scenarios(&self) -> impl Iterator<Item = (&str, bool)> {
        let scored = self.scored.iter().map(|name| (name.as_str(), true));
        let unscored = self.unscored.iter().map(|name| (name.as_str(), false));
        scored.chain(unscored)
    }
}

#[cfg(test)]
mod tests {
    use super::Requirements;

    const PRINTED: &str = "\
Required for 2025-11-25 (3 scenarios, frozen; run at the 2025-11-25 wire):

Server scenarios (test against a server):
  - server-initialize
  - ping

Client scenarios (test against a client):
  - initialize

Run and reported, but never scored:
  pending (2):
    - auth/dpop [client]
    - server-sse-polling [server]
";

    #[test]
    fn only_the_scenarios_for_servers_are_taken() {
        let found = Requirements::parse("2025-11-25", PRINTED);
        let scenarios: Vec<_> = found.scenarios().collect();
        assert_eq!(
            scenarios,
            [
                ("server-initialize", true),
                ("ping", true),
                ("server-sse-polling", false)
            ]
        );
    }
}
