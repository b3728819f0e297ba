//! The Inspector, from the command line: `mcp-inspector --cli`, of which every
//! command is a client of its own, and `mcpdo`, which keeps a connection.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::Process;

use super::DEADLINE;
use crate::Error;
use crate::process::run_within;
use crate::tally::Tally;

/// How long a subscription may take to be made, and to be of use.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the Inspector is installed, and what it is told.
pub struct Inspector<'a> {
    /// Node.js
    pub node: &'a Path,
    /// The folder with the packages.
    pub installed: &'a Path,
    /// Where what it prints is kept, and what it wants to keep itself.
    pub logs: &'a Path,
    /// One of its eras: `legacy`, `auto` or `modern`.
    pub era: &'a str,
}

impl Inspector<'_> {
    /// The whole story.
    pub fn story(&self, first: &str, second: &str) -> Result<Tally, Error> {
        println!("\nMCP Inspector, {}", self.era);
        let mut tally = self.commands(first, second)?;
        tally += self.connection(first, second)?;
        Ok(tally)
    }

    fn is_modern(&self) -> bool {
        self.era != "legacy"
    }

    /// One command, for a server that can only calculate.
    pub fn sum(&self, url: &str) -> Result<Tally, Error> {
        println!("\nMCP Inspector, {}", self.era);
        let mut tally = Tally::default();
        tally.check("calculates", self.calculates("call", url)?);
        Ok(tally)
    }

    /// Any node may serve the next command.
    fn commands(&self, first: &str, second: &str) -> Result<Tally, Error> {
        let mut tally = Tally::default();
        let listed = self.ask("list", first, &["tools/list"])?;
        let names = listed["tools"].as_array().into_iter().flatten();
        let names: Vec<&Value> = names.map(|tool| &tool["name"]).collect();
        tally.check("lists the tools", names.contains(&&json!("calculate")));
        let has_tapes = names.contains(&&json!("open_tape"));
        tally.check("is served in its era", has_tapes == self.is_modern());
        for (name, what, url) in [
            ("calculates", "call", first),
            ("calculates on the second node", "second-node", second),
        ] {
            tally.check(name, self.calculates(what, url)?);
        }
        Ok(tally)
    }

    fn calculates(&self, what: &str, url: &str) -> Result<bool, Error> {
        let sum = json!({ "a": 100, "b": 50, "op": "add" }).to_string();
        let call = ["tools/call", "--tool-name", "calculate", "--tool-args-json"];
        let answer = self.ask(what, url, &[&call[..], &[&sum]].concat())?;
        Ok(answer["content"][0]["text"] == "100 add 50 = 150")
    }

    fn ask(
        &self,
        what: &str,
        url: &str,
        arguments: &[&str],
    ) -> Result<Value, Error> {
        let mut command = self.program("mcp-inspector");
        command.args(["--cli", url, "--transport", "http"]);
        command.args(["--protocol-era", self.era, "--method"]);
        self.run(what, command.args(arguments))
    }

    /// One client, connected while it is asked for one thing after another.
    fn connection(&self, first: &str, second: &str) -> Result<Tally, Error> {
        let mut tally = Tally::default();
        let connect = ["connect", first, "--transport", "http"];
        let connect = [&connect[..], &["--era", self.era]].concat();
        let mcpdo = Mcpdo::start(self)?;
        let connected = mcpdo.run("connect", &connect)?;
        let era = if self.is_modern() { "modern" } else { "legacy" };
        tally.check("connects", connected["protocolEra"] == era);

        // In a session the history is the session's; without one it is on a tape.
        let mut state = json!({});
        let mut history = "calculator://history".to_owned();
        if self.is_modern() {
            let opened = mcpdo.call("open", "open_tape", &json!({}))?;
            let tape = opened["structuredContent"]["tape_id"].as_str();
            let tape = tape.unwrap_or_default();
            state = json!({ "tape_id": tape });
            history = format!("calculator://tapes/{tape}/history");
        }
        let mut sum = state.clone();
        for (name, value) in
            [("a", json!(100)), ("b", json!(50)), ("op", json!("add"))]
        {
            sum[name] = value;
        }
        mcpdo.call("sum", "calculate", &sum)?;
        let results = || -> Result<Value, Error> {
            let read = mcpdo.run("read", &["resources/read", &history])?;
            let text = read["contents"][0]["text"].as_str().unwrap_or_default();
            let kept: Value = serde_json::from_str(text).unwrap_or_default();
            let kept = kept.as_array().into_iter().flatten();
            Ok(kept.map(|one| one["result"].clone()).collect())
        };
        tally.check("reads the history", results()? == json!([150]));

        let slow = mcpdo.call("slow", "demo_progress", &json!({ "steps": 3 }))?;
        let is_done = slow["content"][0]["text"].is_string();
        tally.check("waits for a slow call", is_done);

        // Another client changes it: the tape, or, as it has a session of its own,
        // the figures of all.
        let watched = match self.is_modern() {
            true => &history,
            false => "calculator://stats",
        };
        let heard = mcpdo.hears(watched, || {
            let mut command = self.program("mcp-inspector");
            command.args(["--cli", second, "--protocol-era", self.era]);
            command.args(["--method", "tools/call", "--tool-name", "calculate"]);
            let sum = sum.to_string();
            self.run("change", command.args(["--tool-args-json", &sum]))
        })?;
        tally.check("hears of changes on the second node", heard);

        let asked = mcpdo.call("question", "confirm_clear", &state)?;
        let id = &asked["elicitationPending"]["elicitationId"];
        let id = id.as_str().unwrap_or_default();
        let yes = ["elicitation/respond", id, "confirm:=true"];
        mcpdo.run("answer", &yes)?;
        tally.check("answers a question", results()? == json!([]));
        Ok(tally)
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.node);
        command.arg(format!("node_modules/.bin/{name}"));
        // It keeps settings and secrets; not in anybody's home.
        command.env("HOME", self.logs).env("MCP_INSPECTOR_SECRET_STORE", "memory");
        command.current_dir(self.installed);
        command
    }

    fn log(&self, what: &str) -> PathBuf {
        self.logs.join(format!("inspector-{}-{what}.log", self.era))
    }

    /// Runs one command; what it prints, or null if that is no JSON.
    fn run(&self, what: &str, command: &mut Command) -> Result<Value, Error> {
        let output = run_within(DEADLINE, command, &self.log(what))?;
        Ok(serde_json::from_str(&output.text).unwrap_or_default())
    }
}

/// The program in the background that keeps the connection, for as long as this
/// value lives.
struct Mcpdo<'a> {
    inspector: &'a Inspector<'a>,
    /// The variables that name the program in the background.
    private: Vec<(String, String)>,
}

impl<'a> Mcpdo<'a> {
    fn start(inspector: &'a Inspector<'a>) -> Result<Self, Error> {
        let mut command = inspector.program("mcpdo");
        let log = inspector.log("private");
        let printed = run_within(DEADLINE, command.arg("private"), &log)?.text;
        let exports = printed.lines().filter_map(|line| {
            let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
            Some((name.to_owned(), value.trim_matches('\'').to_owned()))
        });
        Ok(Self { inspector, private: exports.collect() })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.inspector.program("mcpdo");
        command.args(["--format", "json", "--connection", "story"]);
        command.args(arguments).envs(self.private.iter().cloned());
        command
    }

    fn run(&self, what: &str, arguments: &[&str]) -> Result<Value, Error> {
        let what = format!("mcpdo-{what}");
        self.inspector.run(&what, &mut self.command(arguments))
    }

    fn call(
        &self,
        what: &str,
        tool: &str,
        arguments: &Value,
    ) -> Result<Value, Error> {
        self.run(what, &["tools/call", tool, &arguments.to_string()])
    }

    /// Subscribes, makes a change, and tells whether the subscriber heard of it.
    fn hears(
        &self,
        uri: &str,
        change: impl Fn() -> Result<Value, Error>,
    ) -> Result<bool, Error> {
        let log = self.inspector.log("subscribe");
        let mut command = self.command(&["resources/subscribe", uri]);
        let _subscriber = Process::start_into(&log, &mut command)?;
        if !is_printed(&log, "\"subscribed\"")? {
            return Ok(false);
        }
        change()?;
        is_printed(&log, "\"resources/updated\"")
    }
}

impl Drop for Mcpdo<'_> {
    fn drop(&mut self) {
        // Nothing depends on it, and the logs tell.
        let _ = self.run("stop", &["daemon", "stop"]);
    }
}

/// Whether the text appears in the file in time.
fn is_printed(log: &Path, text: &str) -> Result<bool, Error> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if std::fs::read_to_string(log)?.contains(text) {
            return Ok(true);
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(false)
}
