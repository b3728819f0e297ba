//! Whether our load generator can be believed: the same requests from `oha`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::Bench;
use super::calls::CONNECTIONS;
use super::figures::{Figure, Figures};
use super::servers::Server;
use crate::workspace::{cargo, root};
use crate::{Error, process};

const VERSION: &str = "1.16.0";
const FOLDER: &str = "target/bench-tools";

/// What the load generator sends too, but for the numbers. `oha` sends the same body
/// each time, which only a server without sessions and ids in use can be asked.
const BODY: &str = r#"{"jsonrpc":"2.0","id":61,"method":"tools/call","params":{"name":"calculate","arguments":{"a":61,"b":50,"op":"add"},"_meta":{"io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"load","version":"1"},"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#;

const HEADERS: [&str; 5] = [
    "content-type: application/json",
    "accept: application/json, text/event-stream",
    "mcp-protocol-version: 2026-07-28",
    "mcp-method: tools/call",
    "mcp-name: calculate",
];

/// Rate and percentiles of both generators in turns, on the bare handler and on the
/// server. Both use one thread.
pub fn agreement(bench: &Bench) -> Result<Figures, Error> {
    let oha = installed()?;
    let programs = &bench.programs;
    let servers = [
        Server::start("bare axum", &programs.bare, &[], &programs.folder)?,
        Server::start("server", &programs.server, &[], &programs.folder)?,
    ];
    let mut figures = Figures::default();
    for server in &servers {
        let [mut ours, mut theirs] = [const { [const { Vec::new() }; 3] }; 2];
        for _ in 0..bench.rounds {
            let report = programs.load(
                "calls",
                &[
                    format!("url={}", server.url()),
                    "call=stateless".into(),
                    format!("connections={CONNECTIONS}"),
                    format!("seconds={}", bench.seconds),
                ],
            )?;
            let said = ["per_second", "p50_us", "p99_us"].map(|name| &report[name]);
            keep(said.map(Value::as_f64), &mut ours);
            keep(run(&oha, server, bench.seconds)?.map(Some), &mut theirs);
        }
        server.assert_content()?;
        let parts = [("", "1/s"), (", p50", "µs"), (", p99", "µs")];
        for (((part, unit), ours), theirs) in parts.iter().zip(ours).zip(theirs) {
            let ratio = Figure::ratio(&ours, &theirs);
            for (who, samples) in [("load", ours), ("oha", theirs)] {
                let name = format!("oha: {} by {who}{part}", server.name);
                figures.add(name, Figure::new(unit, samples));
            }
            let name = format!("oha: {}, load / oha{part}", server.name);
            figures.add(name, ratio.noting(format!("oha {VERSION}")));
        }
    }
    Ok(figures)
}

fn keep(said: [Option<f64>; 3], samples: &mut [Vec<f64>; 3]) {
    for (said, samples) in said.into_iter().zip(samples) {
        samples.push(said.unwrap_or(f64::NAN));
    }
}

/// The program, which cargo builds if it is not there.
fn installed() -> Result<PathBuf, Error> {
    let folder = root().join(FOLDER);
    let program = folder.join("bin/oha");
    if !program.is_file() {
        let mut cargo = cargo();
        cargo.args(["install", "oha", "--locked", "--version", VERSION, "--root"]);
        if !process::succeeds(cargo.arg(folder))? {
            return Err("oha could not be installed".into());
        }
    }
    Ok(program)
}

fn run(oha: &PathBuf, server: &Server, seconds: f64) -> Result<[f64; 3], Error> {
    let mut command = Command::new(oha);
    command.args(["-z", &format!("{seconds}s"), "-c", &CONNECTIONS.to_string()]);
    command.args(["--worker-threads", "1", "--no-tui", "--output-format", "json"]);
    command.args(["-m", "POST", "-d", BODY]);
    for header in HEADERS {
        command.args(["-H", header]);
    }
    let output = command.arg(server.url()).stdin(Stdio::null()).output()?;
    read(&serde_json::from_slice(&output.stdout)?)
}

/// Rate, and percentiles in µs, if every answer was 200.
fn read(report: &Value) -> Result<[f64; 3], Error> {
    let statuses = report["statusCodeDistribution"].as_object();
    let errors = report["errorDistribution"].as_object();
    let all_are_200 = statuses.is_some_and(|all| all.keys().eq(["200"]));
    // Those that were under way at the end.
    let is_none = |error: &String| error == "aborted due to deadline";
    if !all_are_200 || !errors.is_none_or(|all| all.keys().all(is_none)) {
        return Err(format!("oha: {statuses:?}, {errors:?}").into());
    }
    let figure = |value: &Value| value.as_f64().ok_or("oha reports no figures");
    let percentiles = &report["latencyPercentiles"];
    Ok([
        figure(&report["summary"]["requestsPerSec"])?,
        figure(&percentiles["p50"])? * 1e6,
        figure(&percentiles["p99"])? * 1e6,
    ])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::read;

    fn report(statuses: Value, errors: Value) -> Value {
        json!({
            "summary": { "requestsPerSec": 1000.0 },
            "latencyPercentiles": { "p50": 0.0005, "p99": 0.002 },
            "statusCodeDistribution": statuses,
            "errorDistribution": errors,
        })
    }

    #[test]
    fn rate_and_percentiles_are_read() {
        let cut_off = json!({ "aborted due to deadline": 32 });
        let read = read(&report(json!({ "200": 5 }), cut_off)).unwrap();
        assert_eq!(read, [1000.0, 500.0, 2000.0]);
    }

    #[test]
    fn an_error_is_no_measurement() {
        for (statuses, errors) in [
            (json!({ "200": 5, "429": 1 }), json!({})),
            (json!({}), json!({})),
            (json!({ "200": 5 }), json!({ "connection refused": 1 })),
        ] {
            assert!(read(&report(statuses, errors)).is_err());
        }
    }
}
