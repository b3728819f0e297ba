//! Several nodes on one Redis.

use testkit::RedisServer;

use super::Bench;
use super::calls::{CONNECTIONS, Contender, latencies};
use super::figures::{Budget, Figure, Figures};
use super::monitor::{Monitor, about};
use super::servers::Server;
use super::streams::on_redis;
use crate::Error;
use crate::redis::scripts_run;

/// Sessions that move while Redis is watched.
const WATCHED: usize = 21;

/// The first call on a node that has never seen the session, and the second one.
pub fn cold_calls(bench: &Bench) -> Result<Figures, Error> {
    let redis = RedisServer::start(&[])?;
    let nodes =
        [on_redis(bench, "home", &redis)?, on_redis(bench, "away", &redis)?];
    let urls = nodes.each_ref().map(Server::url).join(",");
    let report = bench.programs.load("move", &[format!("url={urls}")])?;
    let mut figures = Figures::default();
    latencies("move: first call on a node", &report["cold"], &mut figures);
    latencies("move: second call there", &report["warm"], &mut figures);
    nodes.iter().try_for_each(Server::assert_content)?;
    drop(nodes);
    let [first, second] = round_trips(bench, &redis)?;
    let first = Figure::new("1", first).within(Budget::AtMost(3.0));
    figures.add("move: round trips of the first call", first);
    let second = Figure::new("1", second).within(Budget::AtMost(2.0));
    figures.add("move: round trips of the second call", second);
    Ok(figures)
}

/// Redis commands in each of the two calls, which are made one after the other. Not in
/// the measurement of time, because Redis is slower when it is watched; on a Redis that
/// has the scripts; and without the audit trail, whose writing nobody waits for.
fn round_trips(bench: &Bench, redis: &RedisServer) -> Result<[Vec<f64>; 2], Error> {
    let (programs, url) = (&bench.programs, redis.url());
    let quiet =
        [("USE_REDIS", "true"), ("REDIS_URL", &*url), ("AUDIT_EVENTS", "0")];
    let start =
        |name| Server::start(name, &programs.server, &quiet, &programs.folder);
    let nodes = [start("home, watched")?, start("away, watched")?];
    let urls = nodes.each_ref().map(Server::url).join(",");
    let monitor = Monitor::start(redis)?;
    let options = [format!("url={urls}"), format!("count={WATCHED}")];
    let report = programs.load("move", &options)?;
    let commands = monitor.end(redis)?;
    let moved: Vec<(String, [u64; 3])> =
        serde_json::from_value(report["moved"].clone())?;
    let count = |call: usize| -> Vec<f64> {
        let about = |(session, times): &(String, [u64; 3])| {
            about(&commands, session, times[call], times[call + 1]) as f64
        };
        moved.iter().map(about).collect()
    };
    let trips = [count(0), count(1)];
    match trips.iter().flatten().any(|count| *count == 0.0) {
        true => Err("a node served a session without asking Redis for it".into()),
        false => Ok(trips),
    }
}

/// The same load on one, two and three nodes, with what Redis needs for it.
pub fn one_to_three(bench: &Bench) -> Result<Figures, Error> {
    let redis = RedisServer::start(&[])?;
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
    let scripts = scripts_run(&redis)?;
    let all = bench.interleave(&contenders)?;
    // Scripts run in calls and beside them: the trail, leases, sweeps.
    let scripts = (scripts_run(&redis)? - scripts) as f64;
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
