//! `cargo xtask clients`: the official clients against the real server.
//!
//! Two nodes share one Redis. Every client connects to the first, lists the
//! tools, calculates and reads its history; then it goes on at the second. With
//! `--chapter 03` the clients use that chapter's server, which stands alone.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::node::Node;
use crate::process::{run_within, succeeds};
use crate::redis::Redis;
use crate::tally::Tally;
use crate::{Error, npx, workspace};

/// For one client's whole story.
const DEADLINE: Duration = Duration::from_secs(90);

/// Debian and macOS call it so.
const PYTHON: &str = "python3";

/// What the command line asks for.
pub struct Options {
    urls: Vec<String>,
    chapter: Option<String>,
}

impl Options {
    /// Reads the options behind `cargo xtask clients`.
    pub fn parse(arguments: &[String]) -> Result<Self, Error> {
        let (mut urls, mut chapter) = (Vec::new(), None);
        for pair in arguments.chunks(2) {
            match pair {
                [option, url] if option == "--url" => urls.push(url.clone()),
                [option, id] if option == "--chapter" => chapter = Some(id.clone()),
                _ => {
                    return Err(
                        format!("not understood: {}", pair.join(" ")).into()
                    );
                }
            }
        }
        if !matches!(urls.len(), 0 | 2) {
            return Err("--url is given twice, once per node, or not at all".into());
        }
        Ok(Self { urls, chapter })
    }
}

/// Installs the clients, starts the nodes unless two are given, runs them all.
pub fn run(options: &Options) -> Result<Tally, Error> {
    let installed = install()?;
    let logs = workspace::empty_folder("clients-logs")?;
    if let Some(chapter) = &options.chapter {
        return chapter_stories(&installed, &logs, chapter);
    }
    if let [first, second] = options.urls.as_slice() {
        return stories(&installed, &logs, first, second);
    }
    let program = workspace::build("final", "mcp-server", false)?;
    let redis = Redis::start(&logs)?;
    let first = Node::start(&program, Some(&redis), &logs.join("first.log"))?;
    let second = Node::start(&program, Some(&redis), &logs.join("second.log"))?;
    stories(&installed, &logs, &first.url(), &second.url())
}

/// Everything is installed below `target/clients/`, never system-wide.
fn install() -> Result<PathBuf, Error> {
    let source = workspace::root().join("xtask/clients");
    let folder = workspace::root().join("target/clients");
    std::fs::create_dir_all(&folder)?;
    let stories = ["typescript.mjs", "python.py", "chapter.mjs", "chapter.py"];
    for file in ["package.json", "requirements.txt"].into_iter().chain(stories) {
        std::fs::copy(source.join(file), folder.join(file))?;
    }
    println!("installing the clients below {}", folder.display());
    let mut npm = npx::npx(&[])?;
    npm.args(["npm", "install", "--no-fund", "--no-audit", "--silent"]);
    require("npm install", npm.current_dir(&folder))?;
    let mut venv = Command::new(PYTHON);
    require("python3 -m venv", venv.args(["-m", "venv"]).arg(folder.join("venv")))?;
    let mut pip = Command::new(folder.join("venv/bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check"]);
    pip.arg("--requirement").arg(folder.join("requirements.txt"));
    require("pip install", &mut pip)?;
    Ok(folder)
}

fn require(name: &str, command: &mut Command) -> Result<(), Error> {
    if succeeds(command)? {
        return Ok(());
    }
    Err(format!("`{name}` failed, so the clients cannot run").into())
}

/// All clients, one after the other, with one chapter's server.
fn chapter_stories(
    installed: &Path,
    logs: &Path,
    chapter: &str,
) -> Result<Tally, Error> {
    let package = workspace::chapter(chapter)?;
    let program = workspace::build(&package, &package, false)?;
    let node = Node::start(&program, None, &logs.join("chapter.log"))?;
    let mut tally = Tally::default();
    for generation in ["sdk", "client"] {
        let mut command = npx::npx(&[])?;
        command.args(["node", "chapter.mjs", generation, &node.url(), chapter]);
        let log = logs.join(format!("{generation}.log"));
        let name = format!("TypeScript, {generation}");
        tally += story(&name, command.current_dir(installed), &log)?;
    }
    for mode in ["legacy", "auto"] {
        let mut command = Command::new(installed.join("venv/bin/python"));
        command.arg(installed.join("chapter.py"));
        command.args([mode, &node.url(), chapter]);
        let log = logs.join(format!("python-{mode}.log"));
        tally += story(&format!("Python, {mode}"), &mut command, &log)?;
    }
    println!("\nMCP Inspector");
    let answer = ask(installed, &logs.join("inspector"), &node.url(), &CALCULATE)?;
    tally.check("calculates", answer["content"][0]["text"] == "100 add 50 = 150");
    Ok(tally)
}

/// A call of the Inspector's command line.
const CALCULATE: [&str; 8] = [
    "--method",
    "tools/call",
    "--tool-name",
    "calculate",
    "--tool-arg",
    "a=100",
    "b=50",
    "op=add",
];

/// What the Inspector's command line prints, as JSON.
fn ask(
    installed: &Path,
    log: &Path,
    url: &str,
    arguments: &[&str],
) -> Result<Value, Error> {
    let mut command = npx::npx(&[])?;
    command.args(["node", "node_modules/.bin/mcp-inspector", "--cli", url]);
    command.args(["--transport", "http"]).args(arguments);
    command.current_dir(installed);
    let output = run_within(DEADLINE, &mut command, &log.with_extension("log"))?;
    Ok(serde_json::from_str(&output.text).unwrap_or_default())
}

/// All clients, one after the other.
fn stories(
    installed: &Path,
    logs: &Path,
    first: &str,
    second: &str,
) -> Result<Tally, Error> {
    let mut tally = Tally::default();
    for (name, generation) in
        [("TypeScript SDK 1.x", "sdk"), ("TypeScript client 2.x", "client")]
    {
        let mut command = npx::npx(&[])?;
        command.args(["node", "typescript.mjs", generation, first, second]);
        command.current_dir(installed);
        tally +=
            story(name, &mut command, &logs.join(format!("{generation}.log")))?;
    }
    // `auto` asks for the stateless revision first and then falls back.
    for mode in ["legacy", "auto"] {
        let mut command = Command::new(installed.join("venv/bin/python"));
        command.arg(installed.join("python.py")).args([mode, first, second]);
        let log = logs.join(format!("python-{mode}.log"));
        tally += story(&format!("Python client, {mode}"), &mut command, &log)?;
    }
    tally += inspector(installed, logs, first, second)?;
    Ok(tally)
}

/// One script that prints `ok NAME` or `not ok NAME: reason` per check.
fn story(name: &str, command: &mut Command, log: &Path) -> Result<Tally, Error> {
    println!("\n{name}");
    let output = run_within(DEADLINE, command, log)?;
    let mut tally = Tally::default();
    for line in output.text.lines() {
        if let Some(check) = line.strip_prefix("not ok ") {
            tally.check(check, false);
        } else if let Some(check) = line.strip_prefix("ok ") {
            tally.check(check, true);
        }
    }
    // It may also end without a word, or hang.
    if !output.success && tally.failed == 0 {
        tally.check(&format!("ends well; see {}", log.display()), false);
    }
    Ok(tally)
}

/// The Inspector's command line opens a session of its own for every call, so
/// its history is empty, and any node may serve the next call.
fn inspector(
    installed: &Path,
    logs: &Path,
    first: &str,
    second: &str,
) -> Result<Tally, Error> {
    let ask = |url: &str, log: &str, arguments: &[&str]| {
        ask(installed, &logs.join(format!("inspector-{log}")), url, arguments)
    };
    println!("\nMCP Inspector");
    let mut tally = Tally::default();
    let listed = ask(first, "list", &["--method", "tools/list"])?;
    let names = listed["tools"].as_array().into_iter().flatten();
    let found = names.into_iter().any(|tool| tool["name"] == "calculate");
    tally.check("lists the tools", found);

    let sum = "100 add 50 = 150";
    let answer = ask(first, "call", &CALCULATE)?;
    tally.check("calculates", answer["content"][0]["text"] == sum);

    let history = ["--method", "resources/read", "--uri", "calculator://history"];
    let read = ask(first, "history", &history)?;
    let uri = &read["contents"][0]["uri"];
    tally.check("reads the history", uri == "calculator://history");

    let answer = ask(second, "second-node", &CALCULATE)?;
    tally.check(
        "calculates on the second node",
        answer["content"][0]["text"] == sum,
    );
    Ok(tally)
}
