//! `calculate` in a closed loop.

use serde_json::Value;
use testkit::RedisServer;

use super::Bench;
use super::figures::{Budget, Figure, Figures};
use super::servers::Server;
use crate::Error;
use crate::redis::reads;

/// Connections of the load generator, each with a session of its own.
pub const CONNECTIONS: usize = 32;

/// What one server did, turn by turn.
#[derive(Default)]
pub struct Runs {
    /// Answers in all turns.
    pub answered: f64,
    pub per_second: Vec<f64>,
    processor_us: Vec<f64>,
    redis_us: Vec<f64>,
    load_us: Vec<f64>,
    /// How often a node's thread fell asleep, for each call.
    sleeps: Vec<f64>,
    /// How often Redis read from a connection, for each call.
    redis_reads: Vec<f64>,
    p50_us: Vec<f64>,
    p99_us: Vec<f64>,
    p999_us: Vec<f64>,
}

impl Bench {
    /// Puts load on one server after the other, for several turns.
    pub fn interleave(
        &self,
        contenders: &[Contender<'_>],
    ) -> Result<Vec<Runs>, Error> {
        let mut all: Vec<Runs> =
            contenders.iter().map(|_| Runs::default()).collect();
        for _ in 0..self.rounds {
            for (contender, runs) in contenders.iter().zip(&mut all) {
                self.turn(contender, runs)?;
            }
        }
        for contender in contenders {
            for server in contender.servers {
                server.assert_content()?;
            }
        }
        Ok(all)
    }

    fn turn(
        &self,
        contender: &Contender<'_>,
        runs: &mut Runs,
    ) -> Result<(), Error> {
        let spent = || -> Result<[f64; 4], Error> {
            let servers = || contender.servers.iter();
            Ok([
                servers()
                    .map(Server::processor_time)
                    .sum::<Result<f64, Error>>()?,
                contender
                    .redis
                    .map_or(Ok(0.0), |it| it.process().processor_time())?,
                servers().map(Server::sleeps).sum::<Result<f64, Error>>()?,
                contender.redis.map_or(Ok(0.0), reads)?,
            ])
        };
        let before = spent()?;
        let urls: Vec<String> = contender.servers.iter().map(Server::url).collect();
        let figures = self.programs.load(
            "calls",
            &[
                format!("url={}", urls.join(",")),
                format!("call={}", contender.call),
                format!("connections={}", contender.connections),
                format!("seconds={}", self.seconds),
            ],
        )?;
        let after = spent()?;
        let figure = |name: &str| figures[name].as_f64().unwrap_or(f64::NAN);
        runs.answered += figure("count") + figure("warm_up");
        runs.per_second.push(figure("per_second"));
        // The calls that are not measured cost as much as the others.
        let all = figure("count") + figure("warm_up");
        let each = |seconds: f64| seconds * 1e6 / all;
        runs.processor_us.push(each(after[0] - before[0]));
        runs.redis_us.push(each(after[1] - before[1]));
        runs.load_us.push(each(figure("processor_seconds")));
        runs.sleeps.push((after[2] - before[2]) / all);
        runs.redis_reads.push((after[3] - before[3]) / all);
        runs.p50_us.push(figure("p50_us"));
        runs.p99_us.push(figure("p99_us"));
        runs.p999_us.push(figure("p999_us"));
        Ok(())
    }
}

/// Who takes part: one server, or several that share the load.
pub struct Contender<'a> {
    pub servers: &'a [Server],
    pub redis: Option<&'a RedisServer>,
    /// `session`, `plain`, `stateless` or `tape`: the load generator's word.
    pub call: &'static str,
    pub connections: usize,
}

impl<'a> Contender<'a> {
    /// One server in memory, with a session for each connection.
    pub fn new(server: &'a Server) -> Self {
        let servers = std::slice::from_ref(server);
        Self { servers, redis: None, call: "session", connections: CONNECTIONS }
    }
}

impl Runs {
    /// Adds what one server did to the figures.
    pub fn report(&self, scenario: &str, name: &str, figures: &mut Figures) {
        let mut add = |what: &str, unit, samples: &Vec<f64>| {
            let name = format!("{scenario}: {name}{what}");
            figures.add(name, Figure::new(unit, samples.clone()));
        };
        add("", "1/s", &self.per_second);
        add(", processor", "µs", &self.processor_us);
        if self.redis_us.iter().any(|used| *used > 0.0) {
            add(", Redis' processor", "µs", &self.redis_us);
            add(", Redis' reads", "1", &self.redis_reads);
            add(", sleeps", "1", &self.sleeps);
        }
        add(", load's processor", "µs", &self.load_us);
        add(", p50", "µs", &self.p50_us);
        add(", p99", "µs", &self.p99_us);
        add(", p99.9", "µs", &self.p999_us);
    }
}

/// In memory, with everything on: the bare handler is the ceiling.
pub fn against_peers(bench: &Bench) -> Result<Figures, Error> {
    let programs = &bench.programs;
    let start = |name, program, environment: &[(&str, &str)]| {
        Server::start(name, program, environment, &programs.folder)
    };
    let servers = [
        start("bare axum", &programs.bare, &[])?,
        start("server", &programs.server, &[])?,
        start("server without audit", &programs.server, &[("AUDIT_EVENTS", "0")])?,
        start("rmcp stateful", &programs.rmcp, &[])?,
        start("rmcp stateless", &programs.rmcp, &[("STATELESS", "1")])?,
        start("tower-mcp", &programs.tower_mcp, &[])?,
    ];
    let contenders = servers.each_ref().map(|server| {
        let call = match server.name {
            "bare axum" | "rmcp stateless" => "plain",
            _ => "session",
        };
        Contender { call, ..Contender::new(server) }
    });
    let all = bench.interleave(&contenders)?;
    let mut figures = Figures::default();
    for (server, runs) in servers.iter().zip(&all) {
        runs.report("calls", server.name, &mut figures);
    }
    let [bare, server, _, rmcp, ..] = &all[..] else { return Err("six".into()) };
    let mut ratio = |name: &str, peer: &Runs, least| {
        let ratio = Figure::ratio(&server.per_second, &peer.per_second);
        figures.add(name, ratio.within(Budget::AtLeast(least)));
    };
    ratio("calls: server / bare axum", bare, 0.75);
    ratio("calls: server / rmcp stateful", rmcp, 2.5);
    Ok(figures)
}

/// Adds the percentiles that the load generator reports.
pub fn latencies(name: &str, report: &Value, figures: &mut Figures) {
    for (key, label) in [("p50_us", "p50"), ("p99_us", "p99"), ("p999_us", "p99.9")]
    {
        let sample = report[key].as_f64().unwrap_or(f64::NAN);
        figures.add(format!("{name}, {label}"), Figure::new("µs", vec![sample]));
    }
}
