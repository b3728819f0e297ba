//! `calculate` without a session: what the newest revision costs.

use testkit::RedisServer;

use super::Bench;
use super::calls::Contender;
use super::figures::{Figure, Figures};
use super::servers::Server;
use super::streams::on_redis;
use crate::Error;

/// The stateless era without and with a tape, in memory and on Redis, beside a session
/// on the same server and beside rmcp, which answers the same requests.
pub fn stateless(bench: &Bench) -> Result<Figures, Error> {
    let programs = &bench.programs;
    let redis = RedisServer::start(&[])?;
    let memory = Server::start("memory", &programs.server, &[], &programs.folder)?;
    let node = on_redis(bench, "on Redis", &redis)?;
    let environment = [("STATELESS", "1")];
    let rmcp =
        Server::start("rmcp", &programs.rmcp, &environment, &programs.folder)?;

    let on =
        |call| Contender { redis: Some(&redis), call, ..Contender::new(&node) };
    let contenders = [
        ("session", Contender::new(&memory)),
        ("no session", Contender { call: "stateless", ..Contender::new(&memory) }),
        ("tape", Contender { call: "tape", ..Contender::new(&memory) }),
        ("rmcp", Contender { call: "stateless", ..Contender::new(&rmcp) }),
        ("session on Redis", on("session")),
        ("no session on Redis", on("stateless")),
        ("tape on Redis", on("tape")),
    ];
    let (names, contenders): (Vec<_>, Vec<_>) = contenders.into_iter().unzip();
    let all = bench.interleave(&contenders)?;
    let mut figures = Figures::default();
    for (name, runs) in names.iter().zip(&all) {
        runs.report("stateless", name, &mut figures);
    }
    let rate = |name: &str| {
        let place = names.iter().position(|known| *known == name);
        place.map_or(&[][..], |place| &all[place].per_second)
    };
    for (above, below) in [
        ("no session", "rmcp"),
        ("no session", "session"),
        ("tape", "session"),
        ("no session on Redis", "session on Redis"),
        ("tape on Redis", "session on Redis"),
    ] {
        let ratio = Figure::ratio(rate(above), rate(below));
        figures.add(format!("stateless: {above} / {below}"), ratio);
    }
    Ok(figures)
}
