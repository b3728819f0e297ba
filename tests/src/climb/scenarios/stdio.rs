//! Since chapter 02: the same messages over standard input and output.

use serde_json::json;

use super::scenario;
use crate::climb::visitor::VERSION;
use crate::climb::{Need, Outcome, Scenario, Stage};

pub static ALL: &[Scenario] = &[scenario!(
    2,
    "stdio: a second transport",
    "with --stdio the same messages go over standard input and output",
    converse
)
.needs(&[Need::Stdio])];

/// L011, L071
async fn converse(stage: &mut Stage) -> Outcome {
    let mut pipes = stage.pipes()?;
    let params = json!({
        "protocolVersion": VERSION,
        "capabilities": {},
        "clientInfo": { "name": "ladder", "version": "1.0.0" },
    });
    pipes.request(1, "initialize", params);
    pipes.notify("notifications/initialized", json!({}));
    pipes.call("two", "calculate", json!({ "a": 100, "b": 50, "op": "add" }));
    let first = pipes.message().await;
    let second = pipes.message().await;
    if first["id"] != 1 || !first["result"]["protocolVersion"].is_string() {
        let expected = "the answer to initialize, on one line";
        return Err(format!(
            "--stdio\n  wrote     {first}\n  expected  {expected}"
        ));
    }
    let text = &second["result"]["content"][0]["text"];
    if second["id"] != "two" || text != "100 add 50 = 150" {
        let expected = "the answer to calculate, and none to the notification";
        return Err(format!(
            "--stdio\n  wrote     {second}\n  expected  {expected}"
        ));
    }
    Ok(())
}
