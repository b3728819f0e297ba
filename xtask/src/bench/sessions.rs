//! What sessions cost: idle ones, to open one, and one whose history is full.

use testkit::RedisServer;

use super::Bench;
use super::calls::Contender;
use super::figures::{Budget, Figure, Figures};
use super::servers::Server;
use super::streams::on_redis;
use crate::Error;

/// How many idle sessions the call must not notice.
const MANY: usize = 100_000;

/// Sessions that are opened in each turn.
const OPENED: usize = 5_000;

/// Entries that a history keeps.
const FULL: usize = 50;

/// The same call beside few and many sessions that do nothing.
pub fn with_idle(bench: &Bench) -> Result<Figures, Error> {
    let programs = &bench.programs;
    let mut figures = Figures::default();
    let mut servers = Vec::new();
    for (name, idle) in
        [("10 idle", 10), ("1000 idle", 1_000), ("100000 idle", MANY)]
    {
        let server = Server::start(name, &programs.server, &[], &programs.folder)?;
        // What is allocated once is not to count.
        let url = format!("url={}", server.url());
        programs.load("calls", &[url.clone(), "seconds=0.2".into()])?;
        let before = server.resident_bytes();
        let opened = programs.load("open", &[url, format!("count={idle}")])?;
        if idle == MANY {
            let each = (server.resident_bytes() - before) / idle as f64;
            let memory = Figure::new("bytes", vec![each]);
            figures.add(
                "sessions: memory of an idle one",
                memory.within(Budget::AtMost(1024.0)),
            );
            let rate = opened["per_second"].as_f64().unwrap_or(f64::NAN);
            figures.add("sessions: opened", Figure::new("1/s", vec![rate]));
        }
        servers.push(server);
    }
    let contenders: Vec<_> = servers.iter().map(Contender::new).collect();
    let all = bench.interleave(&contenders)?;
    for (server, runs) in servers.iter().zip(&all) {
        runs.report("sessions", server.name, &mut figures);
    }
    let ratio = Figure::ratio(&all[2].per_second, &all[0].per_second);
    figures
        .add("sessions: 100000 idle / 10 idle", ratio.within(Budget::AtLeast(0.9)));
    Ok(figures)
}

/// `initialize` per second, against the peers that have sessions. Every turn has new
/// processes, because what was opened in the last one would still be there.
pub fn initialize(bench: &Bench) -> Result<Figures, Error> {
    let programs = &bench.programs;
    let mut rates = [const { Vec::new() }; 4];
    for _ in 0..bench.rounds {
        let redis = RedisServer::start(&[])?;
        let start =
            |name, program| Server::start(name, program, &[], &programs.folder);
        let servers = [
            start("server", &programs.server)?,
            on_redis(bench, "server on Redis", &redis)?,
            start("rmcp stateful", &programs.rmcp)?,
            start("tower-mcp", &programs.tower_mcp)?,
        ];
        for (server, rates) in servers.iter().zip(&mut rates) {
            let options =
                [format!("url={}", server.url()), format!("count={OPENED}")];
            let report = programs.load("open", &options)?;
            rates.push(report["per_second"].as_f64().unwrap_or(f64::NAN));
            server.assert_content()?;
        }
    }
    let mut figures = Figures::default();
    let [memory, on_redis, rmcp, tower_mcp] = &rates;
    for (name, rates) in [
        ("server", memory),
        ("server on Redis", on_redis),
        ("rmcp stateful", rmcp),
        ("tower-mcp", tower_mcp),
    ] {
        let figure = Figure::new("1/s", rates.clone());
        figures.add(format!("initialize: {name}"), figure);
    }
    let ratio = Figure::ratio(memory, rmcp);
    figures.add("initialize: server / rmcp stateful", ratio);
    Ok(figures)
}

/// The same calls in sessions with a fresh history and with a full one.
pub fn history(bench: &Bench) -> Result<Figures, Error> {
    let programs = &bench.programs;
    let redis = RedisServer::start(&[])?;
    let memory = Server::start("memory", &programs.server, &[], &programs.folder)?;
    let node = on_redis(bench, "on Redis", &redis)?;
    let mut figures = Figures::default();
    for (server, sessions, place) in [(&memory, 100, ""), (&node, 30, " on Redis")]
    {
        let (mut fresh, mut full) = (Vec::new(), Vec::new());
        for _ in 0..bench.rounds {
            for (filled, rates) in [(0, &mut fresh), (FULL, &mut full)] {
                let url = format!("url={}", server.url());
                let sessions = format!("sessions={sessions}");
                let options = [url, sessions, format!("filled={filled}")];
                let report = programs.load("history", &options)?;
                rates.push(report["per_second"].as_f64().unwrap_or(f64::NAN));
            }
        }
        server.assert_content()?;
        let ratio = Figure::ratio(&full, &fresh);
        for (name, rates) in [("fresh", fresh), ("full", full)] {
            let figure = Figure::new("1/s", rates);
            figures.add(format!("history: {name}{place}"), figure);
        }
        figures.add(format!("history: full / fresh{place}"), ratio);
    }
    Ok(figures)
}
