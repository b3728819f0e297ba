//! `cargo xtask clients`: the official clients against the real server.
//!
//! Two nodes share one Redis. Every client connects to the first, lists the
//! tools, calculates, reads its history, hears of progress and subscribes; then it
//! goes on at the second, hears of what it did there, and answers a question. In
//! the stateless era its history is on a tape. With `--chapter 03` the clients use
//! that chapter's server, which stands alone.

mod inspector;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clap::Args;
use testkit::RedisServer;

use crate::process::{run_within, succeeds};
use crate::tally::Tally;
use crate::workspace::Profile;
use crate::{Error, node, npx, workspace};
use inspector::Inspector;

/// For one client's whole story.
const DEADLINE: Duration = Duration::from_secs(90);

/// Debian and macOS call it so.
const PYTHON: &str = "python3";

/// What the command line asks for.
#[derive(Args)]
pub struct Options {
    /// A node that already runs; given twice, once per node
    #[arg(long = "url")]
    urls: Vec<String>,
    /// That chapter's server instead
    #[arg(long, conflicts_with = "urls")]
    chapter: Option<String>,
}

/// Installs the clients, starts the nodes unless two are given, runs them all.
pub fn run(options: &Options) -> Result<Tally, Error> {
    if !matches!(options.urls.len(), 0 | 2) {
        return Err("--url is given twice, once per node, or not at all".into());
    }
    let installed = install()?;
    let logs = workspace::empty_folder("clients-logs")?;
    if let Some(chapter) = &options.chapter {
        return chapter_stories(&installed, &logs, chapter);
    }
    if let [first, second] = options.urls.as_slice() {
        return stories(&installed, &logs, first, second);
    }
    let program = workspace::build("final", "mcp-server", Profile::Dev)?;
    let redis = RedisServer::start(&[])?;
    let first = node::start(&program, Some(&redis), &logs.join("first.log"))?;
    let second = node::start(&program, Some(&redis), &logs.join("second.log"))?;
    stories(&installed, &logs, &first.url(), &second.url())
}

/// Everything is installed below `target/clients/`, never system-wide.
fn install() -> Result<PathBuf, Error> {
    let source = workspace::root().join("xtask/clients");
    let folder = workspace::root().join("target/clients");
    std::fs::create_dir_all(&folder)?;
    for file in std::fs::read_dir(source)? {
        let file = file?;
        if file.file_type()?.is_file() {
            std::fs::copy(file.path(), folder.join(file.file_name()))?;
        }
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
    let program = workspace::build(&package, &package, Profile::Dev)?;
    let server = node::start(&program, None, &logs.join("chapter.log"))?;
    let url = server.url();
    let node = npx::node()?;
    let mut tally = Tally::default();
    for generation in ["sdk", "client"] {
        let mut command = Command::new(&node);
        command.args(["chapter.mjs", generation, &url, chapter]);
        let log = logs.join(format!("{generation}.log"));
        let name = format!("TypeScript, {generation}");
        tally += story(&name, command.current_dir(installed), &log)?;
    }
    for mode in ["legacy", "auto"] {
        let mut command = Command::new(installed.join("venv/bin/python"));
        command.arg(installed.join("chapter.py"));
        command.args([mode, &url, chapter]);
        let log = logs.join(format!("python-{mode}.log"));
        tally += story(&format!("Python, {mode}"), &mut command, &log)?;
    }
    let inspector = Inspector { node: &node, installed, logs, era: "legacy" };
    tally += inspector.sum(&url)?;
    Ok(tally)
}

/// All clients, one after the other, each in every era that it speaks. `auto` asks
/// for the stateless one first.
fn stories(
    installed: &Path,
    logs: &Path,
    first: &str,
    second: &str,
) -> Result<Tally, Error> {
    let node = npx::node()?;
    let mut tally = Tally::default();
    for (name, mode) in [
        ("TypeScript SDK 1.x", "sdk"),
        ("TypeScript client 2.x, legacy", "legacy"),
        ("TypeScript client 2.x, auto", "auto"),
        ("TypeScript client 2.x, 2026-07-28", "pinned"),
    ] {
        let mut command = Command::new(&node);
        command.args(["typescript.mjs", mode, first, second]);
        command.current_dir(installed);
        let log = logs.join(format!("typescript-{mode}.log"));
        tally += story(name, &mut command, &log)?;
    }
    for mode in ["legacy", "auto", "2026-07-28"] {
        let mut command = Command::new(installed.join("venv/bin/python"));
        command.arg(installed.join("python.py")).args([mode, first, second]);
        let log = logs.join(format!("python-{mode}.log"));
        tally += story(&format!("Python client, {mode}"), &mut command, &log)?;
    }
    let mut framework = Command::new(installed.join("venv/bin/python"));
    framework.arg(installed.join("framework.py")).args([first, second]);
    tally += story("FastMCP 4", &mut framework, &logs.join("framework.log"))?;
    for era in ["legacy", "auto", "modern"] {
        let inspector = Inspector { node: &node, installed, logs, era };
        tally += inspector.story(first, second)?;
    }
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
