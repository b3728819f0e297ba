//! Several nodes on one Redis.

use serde_json::Value;

use super::Bench;
use super::calls::{CONNECTIONS, Contender, latencies};
use super::figures::{Budget, Figure, Figures};
use super::monitor::{Command, Monitor, first_commands};
use super::servers::Server;
use super::streams::on_redis;
use crate::Error;
use crate::redis::Redis;

/// First calls on a node while Redis is watched.
const WATCHED: usize = 21;

/// The first call on a node that has never seen the session, and the second one.
pub fn cold_calls(bench: &Bench) -> Result<Figures, Error> {
    let redis = Redis::start(&bench.programs.folder)?;
    let nodes =
        [on_redis(bench, "home", &redis)?, on_redis(bench, "away", &redis)?];
    let urls = nodes.each_ref().map(Server::url).join(",");
    let report = bench.programs.load("move", &[format!("url={urls}")])?;
    let mut figures = Figures::default();
    latencies("move: first call on a node", &report["cold"], &mut figures);
    latencies("move: second call there", &report["warm"], &mut figures);
    // Now that both nodes have loaded their scripts, and not in the measurement of
    // time: Redis is slower when it is watched.
    let monitor = Monitor::start(&redis)?;
    let options = [format!("url={urls}"), format!("count={WATCHED}")];
    let report = bench.programs.load("move", &options)?;
    let trips = round_trips(&report["first_calls"], &monitor.end(&redis)?)?;
    let figure = Figure::new("1", trips).within(Budget::AtMost(3.0));
    figures.add("move: round trips of the first call", figure);
    Ok(figures)
}

/// Redis commands in each of the first calls, which are made one after the other.
fn round_trips(calls: &Value, commands: &[Command]) -> Result<Vec<f64>, Error> {
    let calls: Vec<(String, u64, u64)> = serde_json::from_value(calls.clone())?;
    let count = |(session, from, to): &(String, u64, u64)| {
        first_commands(commands, session, *from, *to) as f64
    };
    let trips: Vec<f64> = calls.iter().map(count).collect();
    match trips.contains(&0.0) {
        true => Err("a node served a session without asking Redis for it".into()),
        false => Ok(trips),
    }
}

/// The same load on one, two and three nodes, with what Redis needs for it.
pub fn one_to_three(bench: &Bench) -> Result<Figures, Error> {
    let redis = Redis::start(&bench.programs.folder)?;
    let nodes =
        ["node 1", "node 2", "node 3"].map(|name| on_redis(bench, name, &redis));
    let nodes: Vec<Server> = nodes.into_iter().collect::<Result<_, _>>()?;
    // Whether a call costs the same on more nodes: once with as many connections in
    // all, once with as many on each node.
    let loads = [(1, 1), (2, 1), (3, 1), (2, 2), (3, 3)];
    let contenders = loads.map(|(count, times)| Contender {
        servers: &nodes[..count],
        redis: Some(&redis),
        call: "session",
        connections: CONNECTIONS * times,
    });
    let scripts = redis.scripts_run()?;
    let all = bench.interleave(&contenders)?;
    // Scripts run in calls and beside them: the trail, leases, sweeps.
    let scripts = (redis.scripts_run()? - scripts) as f64;
    let mut figures = Figures::default();
    let mut calls = 0.0;
    for ((count, times), runs) in loads.into_iter().zip(&all) {
        let name = match times {
            1 => format!("{count}"),
            _ => format!("{count}, {} connections", CONNECTIONS * times),
        };
        runs.report("nodes", &name, &mut figures);
        calls += runs.answered;
    }
    figures
        .add("nodes: scripts of a call", Figure::new("1", vec![scripts / calls]));
    Ok(figures)
}
