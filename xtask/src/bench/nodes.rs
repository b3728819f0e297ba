//! Several nodes on one Redis.

use super::Bench;
use super::calls::{Contender, latencies};
use super::figures::{Figure, Figures};
use super::servers::Server;
use super::streams::on_redis;
use crate::Error;
use crate::redis::Redis;

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
    Ok(figures)
}

/// The same load on one, two and three nodes, with what Redis needs for it.
pub fn one_to_three(bench: &Bench) -> Result<Figures, Error> {
    let redis = Redis::start(&bench.programs.folder)?;
    let nodes =
        ["node 1", "node 2", "node 3"].map(|name| on_redis(bench, name, &redis));
    let nodes: Vec<Server> = nodes.into_iter().collect::<Result<_, _>>()?;
    let contenders = [1, 2, 3].map(|count| Contender {
        servers: &nodes[..count],
        redis: Some(&redis),
        in_session: true,
    });
    let scripts = redis.scripts_run()?;
    let all = bench.interleave(&contenders)?;
    // Scripts run in calls and beside them: the trail, leases, sweeps.
    let scripts = (redis.scripts_run()? - scripts) as f64;
    let mut figures = Figures::default();
    let mut calls = 0.0;
    for (count, runs) in (1..).zip(&all) {
        runs.report("nodes", &format!("{count}"), &mut figures);
        calls += runs.answered;
    }
    figures
        .add("nodes: scripts of a call", Figure::new("1", vec![scripts / calls]));
    Ok(figures)
}
