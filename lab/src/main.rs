//! The lab: nodes and Redis behind the recorder, and a console that speaks MCP and
//! makes them fail. `cargo xtask lab NN` builds the server of a chapter and starts this.
//!
//! ```text
//! console   commands that a person types, or that a script contains
//! bench     nodes and Redis, and what a reader does to them
//! client    the MCP client of the console
//! board     which node is in which state, and where it listens
//! ports     the ports of the lab
//! watch     the live page
//! ```

mod bench;
mod board;
mod client;
mod console;
mod ports;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::interval;

use bench::Bench;
use bench::settings::Settings;
use console::PROMPT;
use console::command::Command;
use console::lines::Lines;
use console::terminal::TerminalState;

/// How often the lab looks for processes that have ended.
const GLANCE: Duration = Duration::from_millis(200);

/// Nodes and Redis behind a recorder, and a console that speaks MCP
#[derive(Parser)]
struct Options {
    /// The server that each node runs
    #[arg(long)]
    program: PathBuf,
    /// How many nodes
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=8))]
    nodes: u8,
    /// The nodes share a Redis
    #[arg(long)]
    redis: bool,
    /// A folder with Lua scripts, to name them in the record
    #[arg(long)]
    scripts: Vec<PathBuf>,
    /// An environment variable of the nodes, NAME=VALUE
    #[arg(long, value_parser = setting)]
    set: Vec<(String, String)>,
    /// Where logs are written
    #[arg(long)]
    logs: PathBuf,
    /// Where `save` writes
    #[arg(long, default_value = "work/lab")]
    saved: PathBuf,
    /// Serves a page with the diagram of what passes, while it passes
    #[arg(long)]
    watch: bool,
    /// Reads the commands from a file, and ends with the first one that fails
    #[arg(long)]
    script: Option<PathBuf>,
}

fn setting(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').ok_or("a setting is NAME=VALUE")?;
    Ok((parts.0.to_owned(), parts.1.to_owned()))
}

#[tokio::main]
async fn main() -> ExitCode {
    let _terminal = TerminalState::read();
    let mut end = match Signals::new() {
        Ok(signals) => signals,
        Err(error) => return failed(&format!("no signals: {error}")),
    };
    tokio::select! {
        ended = run(Options::parse()) => match ended {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&error),
        },
        () = end.received() => ExitCode::from(130),
    }
}

fn failed(error: &str) -> ExitCode {
    eprintln!("lab: {error}");
    ExitCode::FAILURE
}

/// Starts the lab, and runs commands until its end.
async fn run(options: Options) -> Result<(), String> {
    let script = options.script.clone();
    let is_watched = options.watch;
    let mut bench = Bench::start(settings(options)).await?;
    if is_watched {
        bench.watch()?;
    }
    let mut lines = Lines::open(script.as_deref(), bench.words())?;
    if !lines.is_script {
        eprintln!(
            "`help` lists the commands, Tab completes them, `quit` ends all."
        );
    }
    converse(&mut bench, &mut lines).await
}

/// Runs commands until the reader leaves, the script ends or a command of it fails.
async fn converse(bench: &mut Bench, lines: &mut Lines) -> Result<(), String> {
    let mut clock = interval(GLANCE);
    loop {
        let line = tokio::select! {
            line = lines.next() => line,
            _ = clock.tick() => { bench.notice_ended(); continue }
        };
        let Some(line) = line else { return Ok(()) };
        if lines.is_script {
            println!("{PROMPT}{line}");
        }
        match obey(bench, &line).await {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(()) if lines.is_script => return Err(format!("failed: {line}")),
            Err(()) => {}
        }
    }
}

/// Does what a line says and prints what comes of it; whether the lab goes on.
async fn obey(bench: &mut Bench, line: &str) -> Result<bool, ()> {
    let command = Command::parse(line);
    let is_last = command == Ok(Command::Quit);
    let printed = match command {
        Ok(command) => bench.run(command).await,
        Err(sentence) => Err(sentence),
    };
    let (text, done) = match printed {
        Ok(text) => (text, Ok(!is_last)),
        Err(sentence) => (sentence, Err(())),
    };
    // A transcript ends with a line end, and a blank line behind it.
    if !text.is_empty() {
        println!("{text}");
    }
    done
}

fn settings(options: Options) -> Settings {
    Settings {
        program: options.program,
        nodes: options.nodes,
        has_redis: options.redis,
        scripts: options.scripts,
        environment: options.set,
        logs: options.logs,
        saved: options.saved,
    }
}

/// The signals that end the lab and all that it started.
struct Signals([Signal; 3]);

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self([
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    async fn received(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
