//! The ratio of the server and the bare handler, once from our load generator and once
//! from `wrk`: a ratio that only one generator finds is a property of that generator.

use std::process::{Command, Stdio};

use serde_json::Value;
use testkit::programs::ensure_installed;

use super::Bench;
use super::calls::CONNECTIONS;
use super::figures::{Figure, Figures};
use super::servers::Server;
use crate::Error;
use crate::workspace::root;

/// Debian's package has the same name.
const PROGRAM: &str = "wrk";

/// The same load as from `load calls`, with the same check of every answer.
const SCRIPT: &str = "tests/bench/wrk.lua";

/// What one generator measured on both servers, turn by turn.
#[derive(Default)]
struct Rates {
    bare: Vec<f64>,
    server: Vec<f64>,
}

impl Rates {
    fn add(&self, generator: &str, figures: &mut Figures) {
        let ratio = Figure::ratio(&self.server, &self.bare);
        for (name, rates) in [("bare axum", &self.bare), ("server", &self.server)] {
            let figure = Figure::new("1/s", rates.clone());
            figures.add(format!("wrk: {name} by {generator}"), figure);
        }
        figures.add(format!("wrk: server / bare axum by {generator}"), ratio);
    }
}

/// Both generators in turns, each on one thread, with a session for each connection.
pub fn agreement(bench: &Bench) -> Result<Figures, Error> {
    ensure_installed(PROGRAM)?;
    let programs = &bench.programs;
    let bare = Server::start("bare axum", &programs.bare, &[], &programs.folder)?;
    let server = Server::start("server", &programs.server, &[], &programs.folder)?;
    let mut load = Rates::default();
    let mut wrk = Rates::default();
    for _ in 0..bench.rounds {
        load.bare.push(by_load(bench, &bare, "plain")?);
        load.server.push(by_load(bench, &server, "session")?);
        wrk.bare.push(by_wrk(bench, &bare, 0)?);
        wrk.server.push(by_wrk(bench, &server, CONNECTIONS)?);
    }
    server.assert_content()?;
    let mut figures = Figures::default();
    load.add("load", &mut figures);
    wrk.add("wrk", &mut figures);
    Ok(figures)
}

fn by_load(bench: &Bench, server: &Server, call: &str) -> Result<f64, Error> {
    let report = bench.programs.load(
        "calls",
        &[
            format!("url={}", server.url()),
            format!("call={call}"),
            format!("connections={CONNECTIONS}"),
            format!("seconds={}", bench.seconds),
        ],
    )?;
    rate(&report)
}

/// `wrk` counts in whole seconds.
fn by_wrk(bench: &Bench, server: &Server, sessions: usize) -> Result<f64, Error> {
    let seconds = bench.seconds.ceil();
    let mut wrk = Command::new(PROGRAM);
    wrk.args(["-t1", &format!("-c{CONNECTIONS}"), &format!("-d{seconds}s")]);
    wrk.arg("-s").arg(root().join(SCRIPT)).arg(server.url());
    wrk.args(["--", &sessions.to_string()]);
    let output = wrk.stdin(Stdio::null()).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let report = text.lines().rfind(|line| line.starts_with('{'));
    let report: Value = serde_json::from_str(report.ok_or("wrk reports nothing")?)?;
    match report["wrong"].as_u64() {
        Some(0) => rate(&report),
        wrong => Err(format!("wrk received {wrong:?} wrong answers").into()),
    }
}

fn rate(report: &Value) -> Result<f64, Error> {
    Ok(report["per_second"].as_f64().ok_or("a report without a rate")?)
}
