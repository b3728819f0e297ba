//! What the suite wrote down: one `checks.json` per scenario.

use std::path::Path;

use serde_json::Value;

use crate::Error;

/// The checks of one scenario, counted.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Scenario {
    /// Its name in the suite.
    pub name: String,
    /// Checks with the status SUCCESS.
    pub passed: usize,
    /// Checks with the status FAILURE.
    pub failed: usize,
    /// Checks with the status WARNING.
    pub warnings: usize,
    /// What a reader should know: failures, warnings, and that nothing was
    /// checked.
    pub remarks: Vec<String>,
}

/// Reads all scenarios below the suite's folder of results.
pub fn read(results: &Path) -> Result<Vec<Scenario>, Error> {
    let mut scenarios = Vec::new();
    for entry in std::fs::read_dir(results)? {
        let folder = entry?.path();
        let name = folder.file_name().and_then(|name| name.to_str());
        let Some(name) = name.and_then(scenario_name) else { continue };
        let text = std::fs::read_to_string(folder.join("checks.json"))?;
        let checks: Vec<Value> = serde_json::from_str(&text)?;
        scenarios.push(count(name, &checks));
    }
    Ok(scenarios)
}

/// `ping` out of `server-ping-2025-11-25T10-20-30-400Z`.
fn scenario_name(folder: &str) -> Option<&str> {
    const TIME: usize = "-2025-11-25T10-20-30-400Z".len();
    let name = folder.strip_prefix("server-")?;
    name.get(..name.len().checked_sub(TIME)?)
}

fn count(name: &str, checks: &[Value]) -> Scenario {
    let mut scenario = Scenario { name: name.into(), ..Scenario::default() };
    for check in checks {
        match check["status"].as_str() {
            Some("SUCCESS") => scenario.passed += 1,
            Some("FAILURE") => {
                scenario.failed += 1;
                scenario.remarks.push(remark("FAILED", check));
            }
            Some("WARNING") => {
                scenario.warnings += 1;
                scenario.remarks.push(remark("warning", check));
            }
            _ => {}
        }
    }
    if scenario.passed + scenario.failed + scenario.warnings == 0 {
        let reason = checks.iter().rev().find_map(|check| {
            check["details"]["message"].as_str().map(str::to_owned)
        });
        let reason = reason.unwrap_or_else(|| "no reason given".into());
        scenario.remarks.push(format!("nothing was checked: {reason}"));
    }
    scenario
}

fn remark(kind: &str, check: &Value) -> String {
    let text = |key: &str| check[key].as_str().unwrap_or_default();
    let why = match text("errorMessage") {
        "" => text("description"),
        message => message,
    };
    format!("{kind} {}: {why}", text("id"))
}

#[cfg(test)]
mod tests {
    use super::{count, scenario_name};
    use serde_json::json;

    #[test]
    fn a_folder_is_named_after_its_scenario() {
        assert_eq!(
            scenario_name("server-server-sse-polling-2026-11-23T19-31-43-757Z"),
            Some("server-sse-polling")
        );
        assert_eq!(scenario_name("server-"), None);
    }

    #[test]
    fn only_successes_count_as_passed_and_failures_say_why() {
        let scenario = count(
            "ping",
            &[
                json!({"id": "a", "status": "SUCCESS"}),
                json!({"id": "b", "status": "FAILURE", "errorMessage": "late"}),
                json!({"id": "c", "status": "INFO"}),
                json!({"id": "d", "status": "SKIPPED"}),
            ],
        );
        assert_eq!(
            (scenario.passed, scenario.failed, scenario.warnings),
            (1, 1, 0)
        );
        assert_eq!(scenario.remarks, ["FAILED b: late"]);
    }

    #[test]
    fn a_scenario_that_checked_nothing_says_so() {
        let check = json!({"status": "INFO", "details": {"message": "JSON only"}});
        let scenario = count("server-sse-polling", &[check]);
        assert_eq!(scenario.remarks, ["nothing was checked: JSON only"]);
    }
}
