//! `cargo xtask conformance`: the official suite against our fixture server.
//!
//! The suite counts a scenario as passed if none of its checks is a FAILURE.
//! A warning is a recommendation that the server does not follow; INFO and
//! SKIPPED are neither. So a scenario in which no check applied is "passed"
//! too. That proves nothing, so here it counts as skipped, with the reason.

mod checks;
mod requirements;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use clap::{Args, ValueEnum};
use testkit::{Balancer, Node, RedisServer};

use crate::process::run_within;
use crate::redis::scripts_run;
use crate::tally::Tally;
use crate::workspace::Profile;
use crate::{Error, node, npx, workspace};
use checks::Scenario;
use requirements::Requirements;

const SUITE: &str = "@modelcontextprotocol/conformance@0.2.0-alpha.12";

/// Longer than all scenarios together, each of which has a limit of 30 s.
const DEADLINE: Duration = Duration::from_secs(25 * 60);

/// Scenarios of an extension, by how their names begin, and why the fixture server
/// does not offer it. The suite runs them all the same, and they fail.
const NOT_OFFERED: [(&str, &str); 1] =
    [("tasks-", "an extension that a server may leave out, and this one does")];

/// How often a node continued a session that another node had served last.
const TAKEN_OVER: &str = "mcp_session_events_total{event=\"reconstructed\"}";

/// What the command line asks for.
#[derive(Args)]
pub struct Options {
    /// The revision of the protocol
    #[arg(long, default_value = "2025-11-25")]
    revision: String,
    /// Where the server keeps its sessions
    #[arg(long, value_enum, default_value = "memory")]
    store: Stores,
    /// That many nodes that share Redis behind a load balancer
    #[arg(long)]
    nodes: Option<usize>,
    /// Tests the program as the image has it, which takes longer to build
    #[arg(long)]
    dist: bool,
    /// Tests a server that already runs
    #[arg(long)]
    url: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Stores {
    Memory,
    Redis,
    Both,
}

/// Where the fixture server keeps its sessions.
#[derive(Clone, Copy)]
enum Store {
    Memory,
    Redis,
}

impl Options {
    fn stores(&self) -> &'static [Store] {
        match (self.nodes, self.store) {
            (Some(_), _) | (_, Stores::Redis) => &[Store::Redis],
            (_, Stores::Memory) => &[Store::Memory],
            (_, Stores::Both) => &[Store::Memory, Store::Redis],
        }
    }
}

impl Store {
    fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Redis => "redis",
        }
    }
}

/// Runs the suite once per store, or once against `--url`.
pub fn run(options: &Options) -> Result<Tally, Error> {
    let folder = workspace::empty_folder("conformance")?;
    let requirements = Requirements::ask_suite(&options.revision, &folder)?;

    if let Some(url) = &options.url {
        return run_suite(url, url, &requirements, &folder.join("url"));
    }
    let profile = if options.dist { Profile::Dist } else { Profile::Dev };
    let program = workspace::build("suite", "conformance-server", profile)?;
    let mut tally = Tally::default();
    for store in options.stores() {
        let folder = folder.join(store.name());
        std::fs::create_dir_all(&folder)?;
        tally += match store {
            Store::Memory => {
                let node = node::start(&program, None, &folder.join("server.log"))?;
                run_suite("memory", &node.url(), &requirements, &folder)?
            }
            Store::Redis => on_redis(
                options.nodes.unwrap_or(1),
                &program,
                &requirements,
                &folder,
            )?,
        };
    }
    Ok(tally)
}

/// One run on nodes that share a Redis. Behind the balancer each request goes to
/// the next node.
fn on_redis(
    count: usize,
    program: &Path,
    requirements: &Requirements,
    folder: &Path,
) -> Result<Tally, Error> {
    let redis = RedisServer::start(&[])?;
    let nodes: Vec<Node> = (0..count)
        .map(|number| {
            let log = folder.join(format!("server-{number}.log"));
            node::start(program, Some(&redis), &log)
        })
        .collect::<Result<_, _>>()?;
    if let [node] = &nodes[..] {
        let mut tally = run_suite("redis", &node.url(), requirements, folder)?;
        let scripts = scripts_run(&redis)?;
        let name = format!("the server used Redis: {scripts} scripts");
        tally.check(&name, scripts > 0);
        return Ok(tally);
    }
    let addresses: Vec<SocketAddr> = nodes.iter().map(Node::address).collect();
    let balancer = Balancer::start(&addresses)?;
    let name = format!("redis, {count} nodes");
    let mut tally = run_suite(&name, &balancer.url(), requirements, folder)?;
    for node in &nodes {
        let served = node.metric("mcp_requests_total")?;
        tally.check(&format!("{} served {served}", node.address()), served > 0);
        if requirements.has_sessions() {
            let taken_over = node.metric(TAKEN_OVER)?;
            let name = format!("{} took over {taken_over}", node.address());
            tally.check(&name, taken_over > 0);
        }
    }
    Ok(tally)
}

/// One run of the suite: starts it, reads what it wrote, prints the table.
fn run_suite(
    name: &str,
    url: &str,
    requirements: &Requirements,
    folder: &Path,
) -> Result<Tally, Error> {
    println!("\n{} {}, {name}", SUITE, requirements.revision);
    let results = folder.join("results");
    std::fs::create_dir_all(&results)?;
    let mut command = npx::npx(&[SUITE])?;
    command.args(["conformance", "server", "--url", url]);
    command.args(["--requirements", &requirements.revision]);
    command.arg("-o").arg(&results);
    let log = folder.join("suite.log");
    // Its exit status speaks of scored failures only; we read the checks.
    run_within(DEADLINE, &mut command, &log)?;

    let scenarios = checks::read(&results)?;
    if scenarios.is_empty() {
        return Err(format!("the suite did not run; see {}", log.display()).into());
    }
    Ok(report(requirements, &scenarios))
}

/// Prints the table, what failed and why, and the summary of one run.
fn report(requirements: &Requirements, scenarios: &[Scenario]) -> Tally {
    println!(
        "{:<46}{:>7}{:>8}{:>8}{:>10}",
        "scenario", "scored", "passed", "failed", "warnings"
    );
    let mut scored = Tally::default();
    let mut unscored = Tally::default();
    let mut remarks = Vec::new();
    for (name, is_scored) in requirements.scenarios() {
        let tally = if is_scored { &mut scored } else { &mut unscored };
        let Some(scenario) = scenarios.iter().find(|found| found.name == name)
        else {
            remarks.push(format!("{name}: did not run"));
            tally.failed += 1;
            continue;
        };
        let extension =
            NOT_OFFERED.iter().find(|(prefix, _)| name.starts_with(prefix));
        if let Some((_, reason)) = extension.filter(|_| !is_scored) {
            remarks.push(format!("{name}: {reason}"));
            tally.skipped += 1;
            continue;
        }
        println!(
            "{:<46}{:>7}{:>8}{:>8}{:>10}",
            name,
            if is_scored { "yes" } else { "no" },
            scenario.passed,
            scenario.failed,
            scenario.warnings,
        );
        remarks.extend(scenario.remarks.iter().map(|it| format!("{name}: {it}")));
        match scenario {
            Scenario { failed: 1.., .. } => tally.failed += 1,
            Scenario { passed: 0, warnings: 0, .. } => tally.skipped += 1,
            _ => tally.passed += 1,
        }
    }
    remarks.iter().for_each(|remark| println!("  {remark}"));
    println!(
        "{} of {} scored, {} of {} unscored",
        scored.passed,
        scored.total(),
        unscored.passed,
        unscored.total(),
    );
    scored += unscored;
    scored
}
