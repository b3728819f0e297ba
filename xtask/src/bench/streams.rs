//! Event streams.

use std::process::Command;

use serde_json::Value;
use testkit::RedisServer;

use super::Bench;
use super::calls::latencies;
use super::figures::{Budget, Figure, Figures};
use super::servers::Server;
use crate::Error;

/// A thousand GET streams on one node, told of changes from another one.
pub fn open(bench: &Bench) -> Result<Figures, Error> {
    let mut command = Command::new(&bench.programs.streams);
    // The server has just been built, so the harness need not build it anew.
    let output = command.env_remove("CARGO").output()?;
    let figures: Value = serde_json::from_slice(&output.stdout)
        .map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())?;
    let figure = |name: &str, unit| {
        Figure::new(unit, vec![figures[name].as_f64().unwrap_or(f64::NAN)])
    };
    let mut all = Figures::default();
    let memory = figure("bytes_per_open_stream", "bytes");
    all.add(
        "streams: memory of an open one",
        memory.within(Budget::AtMost(24_576.0)),
    );
    all.add("streams: to another node, p50", figure("delivery_ms_p50", "ms"));
    let p99 = figure("delivery_ms_p99", "ms").within(Budget::AtMost(10.0));
    all.add("streams: to another node, p99", p99);
    let spread = figures["fan_out_ms"].as_array().into_iter().flatten();
    let spread = spread.filter_map(Value::as_f64).collect();
    all.add("streams: all 1000, first to last", Figure::new("ms", spread));
    Ok(all)
}

/// Calls that report progress a hundred times.
pub fn progress(bench: &Bench) -> Result<Figures, Error> {
    let redis = RedisServer::start(&[])?;
    let mut figures = Figures::default();
    let servers = [memory(bench)?, on_redis(bench, "on Redis", &redis)?];
    // Events per second, and the time of a stream.
    let mut runs = [const { [const { Vec::new() }; 3] }; 2];
    for _ in 0..bench.rounds {
        for (server, [rates, p50, p99]) in servers.iter().zip(&mut runs) {
            let url = format!("url={}", server.url());
            let seconds = format!("seconds={}", bench.seconds);
            let report = bench.programs.load("progress", &[url, seconds])?;
            let figure = |name: &str| report[name].as_f64().unwrap_or(f64::NAN);
            // A hundred reports and the answer.
            rates.push(figure("per_second") * 101.0);
            p50.push(figure("p50_us") / 1e3);
            p99.push(figure("p99_us") / 1e3);
        }
    }
    for (server, [rates, p50, p99]) in servers.iter().zip(runs) {
        server.assert_content()?;
        let name = format!("progress: events {}", server.name);
        figures.add(&name, Figure::new("1/s", rates));
        let name = format!("progress: a stream of 100 {}", server.name);
        figures.add(format!("{name}, p50"), Figure::new("ms", p50));
        figures.add(format!("{name}, p99"), Figure::new("ms", p99));
    }
    Ok(figures)
}

/// Resumption after a thousand events, on the same node and on another one.
pub fn resume(bench: &Bench) -> Result<Figures, Error> {
    let redis = RedisServer::start(&[])?;
    let here = memory(bench)?;
    let nodes =
        [on_redis(bench, "node a", &redis)?, on_redis(bench, "node b", &redis)?];
    let mut figures = Figures::default();
    let elsewhere = nodes.each_ref().map(Server::url).join(",");
    for (name, url) in [("in memory", here.url()), ("on another node", elsewhere)] {
        let report = bench.programs.load("resume", &[format!("url={url}")])?;
        latencies(&format!("resume: 1000 events {name}"), &report, &mut figures);
    }
    here.assert_content()?;
    nodes.iter().try_for_each(Server::assert_content)?;
    Ok(figures)
}

fn memory(bench: &Bench) -> Result<Server, Error> {
    let programs = &bench.programs;
    Server::start("in memory", &programs.server, &[], &programs.folder)
}

/// A node on this Redis.
pub fn on_redis(
    bench: &Bench,
    name: &'static str,
    redis: &RedisServer,
) -> Result<Server, Error> {
    let (programs, url) = (&bench.programs, redis.url());
    let shared = [("USE_REDIS", "true"), ("REDIS_URL", &*url)];
    Server::start(name, &programs.server, &shared, &programs.folder)
}
