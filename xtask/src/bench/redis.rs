//! `calculate` on Redis.

use testkit::RedisServer;

use super::Bench;
use super::calls::Contender;
use super::figures::{Budget, Figure, Figures};
use super::servers::Server;
use crate::Error;

/// Against a bare handler that runs one script, and against rmcp in memory. The two
/// that use Redis share it, and never at the same time.
pub fn calls(bench: &Bench) -> Result<Figures, Error> {
    let programs = &bench.programs;
    let redis = RedisServer::start(&[])?;
    let url = redis.url();
    let shared = [("USE_REDIS", "true"), ("REDIS_URL", &*url)];
    let start = |name, program, environment: &[(&str, &str)]| {
        Server::start(name, program, environment, &programs.folder)
    };
    let servers = [
        start("bare axum and a script", &programs.bare, &shared[1..])?,
        start("server on Redis", &programs.server, &shared)?,
        start("rmcp in memory", &programs.rmcp, &[])?,
    ];
    let [bare, server, rmcp] = servers.each_ref().map(Contender::new);
    let redis = Some(&redis);
    let contenders = [
        Contender { redis, call: "plain", ..bare },
        Contender { redis, ..server },
        rmcp,
    ];
    let all = bench.interleave(&contenders)?;
    let mut figures = Figures::default();
    for (server, runs) in servers.iter().zip(&all) {
        runs.report("redis", server.name, &mut figures);
    }
    let [bare, server, rmcp] = &all[..] else { return Err("three".into()) };
    let ratio = Figure::ratio(&server.per_second, &bare.per_second);
    figures.add("redis: server / bare axum", ratio.within(Budget::AtLeast(0.6)));
    let ratio = Figure::ratio(&server.per_second, &rmcp.per_second);
    figures
        .add("redis: server / rmcp in memory", ratio.within(Budget::AtLeast(1.0)));
    Ok(figures)
}
