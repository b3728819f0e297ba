//! The server and its peers, as processes that are measured from outside.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::Value;
use testkit::{Node, node};

use crate::Error;
use crate::workspace::{self, Profile, empty_folder};

/// The workspace of the bench's programs.
pub const MANIFEST: &str = "tests/bench/Cargo.toml";

/// Where the programs of tests/bench are built, apart from the workspace's.
const TARGET: &str = "bench-programs";

/// How all programs are built: the peers have the same profile.
const PROFILE: Profile = Profile::Dist;

/// As much as a setting can be: a benchmark has one address and many sessions.
const RAISED: &str = "1000000000";

/// Every program that takes part.
pub struct Programs {
    pub server: PathBuf,
    pub streams: PathBuf,
    pub bare: PathBuf,
    pub rmcp: PathBuf,
    pub tower_mcp: PathBuf,
    load: PathBuf,
    /// For logs.
    pub folder: PathBuf,
}

impl Programs {
    /// Builds everything, as the image is built.
    pub fn build() -> Result<Self, Error> {
        Ok(Self {
            server: workspace::build("final", "mcp-server", PROFILE)?,
            streams: workspace::build("suite", "bench-streams", PROFILE)?,
            bare: build("bare")?,
            rmcp: build("rmcp-peer")?,
            tower_mcp: build("tower-peer")?,
            load: build("load")?,
            folder: empty_folder("bench")?,
        })
    }

    /// Runs the load generator to its end. It fails if one answer was wrong.
    pub fn load(&self, command: &str, options: &[String]) -> Result<Value, Error> {
        let mut load = Command::new(&self.load);
        let output =
            load.arg(command).args(options).stdin(Stdio::null()).output()?;
        if !output.status.success() {
            let reason = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(
                format!("load {command} {}: {reason}", options.join(" ")).into()
            );
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

/// Builds one program of tests/bench, with the one feature that it needs.
pub fn build(program: &str) -> Result<PathBuf, Error> {
    let mut cargo = cargo();
    cargo.args(["build", "--profile", PROFILE.name(), "--locked"]);
    cargo.args(["--bin", program]);
    cargo.args(["--features", program, "--manifest-path", MANIFEST]);
    println!("building {program}");
    if !cargo.stdin(Stdio::null()).status()?.success() {
        return Err(format!("{program} does not build").into());
    }
    let folder = workspace::root().join("target").join(TARGET).join(PROFILE.name());
    Ok(folder.join(program))
}

/// The cargo that builds them, in a folder of their own.
pub fn cargo() -> Command {
    workspace::cargo_into(TARGET)
}

/// A server process, with a name for its figures.
pub struct Server {
    pub name: &'static str,
    pub node: Node,
    /// From its start to the line that says where it listens, in ms.
    pub started_in: f64,
}

impl Server {
    /// Starts `program` on a free port.
    pub fn start(
        name: &'static str,
        program: &Path,
        environment: &[(&str, &str)],
        folder: &Path,
    ) -> Result<Self, Error> {
        let mut command = node::command(program);
        command.env("RATE_LIMIT_MAX", RAISED).env("RATE_LIMIT_WINDOW", "1000");
        command.env("MAX_SESSIONS_PER_CLIENT", RAISED);
        command.envs(environment.iter().copied());
        let log = folder.join(format!("{}.log", name.replace(' ', "-")));
        let started = Instant::now();
        let node = Node::start(&mut command, &log)?;
        let started_in = started.elapsed().as_secs_f64() * 1e3;
        Ok(Self { name, node, started_in })
    }

    pub fn url(&self) -> String {
        self.node.url()
    }

    /// Processor time that it has used, in seconds.
    pub fn processor_time(&self) -> Result<f64, Error> {
        Ok(self.node.process.processor_time()?)
    }

    /// How often its threads have gone to sleep.
    pub fn sleeps(&self) -> Result<f64, Error> {
        Ok(self.node.process.sleeps()? as f64)
    }

    /// Memory that it holds, in bytes.
    pub fn resident_bytes(&self) -> f64 {
        self.node.process.resident_bytes() as f64
    }

    /// A server that has complained was not measured at its work.
    pub fn assert_content(&self) -> Result<(), Error> {
        let log = self.node.process.output();
        let is_loud = |line: &&str| line.contains("WARN") || line.contains("ERROR");
        match log.lines().find(is_loud) {
            Some(line) => Err(format!("{} logged: {line}", self.name).into()),
            None => Ok(()),
        }
    }
}
