//! The server as a program.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Instant;

use super::Bench;
use super::figures::{Budget, Figure, Figures};
use super::servers::Server;
use crate::Error;
use crate::workspace::{cargo, empty_folder};

/// How often it is started.
const STARTS: usize = 11;

/// From the start of the process to its first answer.
pub fn start(bench: &Bench) -> Result<Figures, Error> {
    let programs = &bench.programs;
    let mut samples = Vec::new();
    for _ in 0..STARTS {
        let server =
            Server::start("start", &programs.server, &[], &programs.folder)?;
        let listening = Instant::now();
        let mut stream = TcpStream::connect(server.address())?;
        let host = server.address();
        write!(
            stream,
            "GET /readyz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        if !answer.starts_with("HTTP/1.1 200") {
            return Err(format!("not ready: {answer}").into());
        }
        samples.push(server.started_in + listening.elapsed().as_secs_f64() * 1e3);
    }
    let mut figures = Figures::default();
    let figure = Figure::new("ms", samples).within(Budget::AtMost(50.0));
    figures.add("start: to the first answer", figure);
    Ok(figures)
}

/// The release binary.
pub fn size(bench: &Bench) -> Result<Figures, Error> {
    let bytes = std::fs::metadata(&bench.programs.server)?.len() as f64;
    let figure = Figure::new("MiB", vec![bytes / f64::from(1 << 20)]);
    let mut figures = Figures::default();
    figures.add("size: release binary", figure.within(Budget::AtMost(12.0)));
    Ok(figures)
}

/// A build of the server into an empty folder, the sources being there.
pub fn cold_build(_: &Bench) -> Result<Figures, Error> {
    let target = empty_folder("bench/cold-build")?;
    let mut build = cargo();
    build.args(["build", "--release", "--locked", "--package", "final"]);
    build.arg("--target-dir").arg(&target).stdin(Stdio::null());
    let started = Instant::now();
    if !build.status()?.success() {
        return Err("the server does not build".into());
    }
    let took = started.elapsed().as_secs_f64();
    std::fs::remove_dir_all(target)?;
    let mut figures = Figures::default();
    figures.add("build: cold, release", Figure::new("s", vec![took]));
    Ok(figures)
}
