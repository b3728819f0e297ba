//! On what it was measured, and with what.

use std::fs::read_to_string;
use std::process::Command;

use serde_json::{Value, json};

use crate::workspace::root;

/// The machine, and how busy it already was.
pub fn machine() -> Value {
    let cpu = read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.and_then(|rest| rest.split_once(": ")).map(|(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = read_to_string("/proc/loadavg").unwrap_or_default();
    json!({
        "processor": model,
        "cores": cores,
        "system": said("uname", &["-sr"]),
        "load_average": load.split(' ').next(),
    })
}

/// Of what takes part.
pub fn versions() -> Value {
    let lock =
        read_to_string(root().join("tests/bench/Cargo.lock")).unwrap_or_default();
    let locked = |name: &str| {
        let package = format!("name = \"{name}\"\nversion = \"");
        let (_, rest) = lock.split_once(&package)?;
        rest.split('"').next().map(str::to_owned)
    };
    json!({
        "rustc": said("rustc", &["--version"]),
        "redis-server": said("redis-server", &["--version"]),
        "axum": locked("axum"),
        "hyper": locked("hyper"),
        "tokio": locked("tokio"),
        "rmcp": locked("rmcp"),
        "tower-mcp": locked("tower-mcp"),
        "commit": said("git", &["rev-parse", "--short", "HEAD"]),
    })
}

/// Today, in UTC.
pub fn date() -> Option<String> {
    said("date", &["--utc", "+%F"])
}

/// What a program prints.
fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    let output = command.args(arguments).current_dir(root()).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
