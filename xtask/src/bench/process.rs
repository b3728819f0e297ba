//! The server as a program.

use std::process::Stdio;
use std::time::Instant;

use super::Bench;
use super::figures::{Budget, Figure, Figures};
use super::servers::Server;
use crate::Error;
use crate::workspace::{cargo, chapter, empty_folder};

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
        let answer = server.node.get("/readyz")?;
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

/// The program as the image has it.
pub fn size(bench: &Bench) -> Result<Figures, Error> {
    let bytes = std::fs::metadata(&bench.programs.server)?.len() as f64;
    let figure = Figure::new("MiB", vec![bytes / f64::from(1 << 20)]);
    let mut figures = Figures::default();
    figures.add("size: program of the image", figure.within(Budget::AtMost(12.0)));
    Ok(figures)
}

/// The build of the image into an empty folder, the sources being there.
pub fn cold_build(_: &Bench) -> Result<Figures, Error> {
    let target = empty_folder("bench/cold-build")?;
    let mut build = cargo();
    build.args(["build", "--profile", "dist", "--locked", "--package", "final"]);
    build.arg("--target-dir").arg(&target).stdin(Stdio::null());
    let started = Instant::now();
    if !build.status()?.success() {
        return Err("the server does not build".into());
    }
    let took = started.elapsed().as_secs_f64();
    std::fs::remove_dir_all(target)?;
    let mut figures = Figures::default();
    let figure = Figure::new("s", vec![took]).noting(conditions());
    figures.add("build: cold, program of the image", figure);
    Ok(figures)
}

/// Chapter 01 as its reader meets it.
pub fn first_chapter(_: &Bench) -> Result<Figures, Error> {
    let package = chapter("01")?;
    let figure = first_answer(&package, &package)?.within(Budget::AtMost(40.0));
    let mut figures = Figures::default();
    figures.add("build: chapter 01, to an answer", figure);
    Ok(figures)
}

/// The finished server, as the first command of README.md starts it.
pub fn first_command(_: &Bench) -> Result<Figures, Error> {
    let figure = first_answer("final", "mcp-server")?.within(Budget::AtMost(90.0));
    let mut figures = Figures::default();
    figures.add("build: cargo run, to an answer", figure);
    Ok(figures)
}

/// Builds a program without optimization into an empty folder, starts it, and asks it
/// once. Returns the time of all that.
fn first_answer(package: &str, program: &str) -> Result<Figure, Error> {
    let target = empty_folder("bench/first-answer")?;
    let started = Instant::now();
    let mut build = cargo();
    build.args(["build", "--locked", "--package", package]);
    build.arg("--target-dir").arg(&target).stdin(Stdio::null());
    if !build.status()?.success() {
        return Err(format!("{package} does not build").into());
    }
    let program = target.join("debug").join(program);
    let server = Server::start("first answer", &program, &[], &target)?;
    ask(&server)?;
    let took = started.elapsed().as_secs_f64();
    drop(server);
    std::fs::remove_dir_all(target)?;
    Ok(Figure::new("s", vec![took]).noting(conditions()))
}

/// One `initialize`, answered with a protocol version.
fn ask(server: &Server) -> Result<(), Error> {
    let message = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}"#;
    let answer = server.node.send(&format!(
        "POST /mcp HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\
         Accept: application/json, text/event-stream\r\n\r\n{message}",
        server.node.address(),
        message.len(),
    ))?;
    match answer.starts_with("HTTP/1.1 200") && answer.contains("protocolVersion") {
        true => Ok(()),
        false => Err(format!("{} was answered: {answer}", server.name).into()),
    }
}

/// What a build's time depends on beside the machine.
fn conditions() -> String {
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{jobs} jobs, an empty target folder, crates already fetched")
}
