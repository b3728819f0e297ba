//! The command line, and the process from its start to its exit code.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::serve::serve;
use super::{App, MakeService, StartError};
use crate::config::{Config, Host, Transport};
use crate::stdio;
use crate::telemetry::log::Log;

/// The time that `--healthcheck` waits for an answer.
const HEALTHCHECK_DEADLINE: Duration = Duration::from_secs(2);

/// The time that background tasks have to end when the process ends.
const BACKGROUND_DEADLINE: Duration = Duration::from_millis(100);

const HELP: &str = "\
A stateful MCP server over Streamable HTTP.

Usage: mcp-server [OPTION]

  --stdio        serve one client over standard input and output
  --healthcheck  ask the server on this machine whether it is healthy
  --help         print this text
  --version      print the version

Settings are environment variables, for example:

  PORT=1453 LOG_LEVEL=info mcp-server
  USE_REDIS=true REDIS_URL=redis://localhost:6379 mcp-server

README.md has the table of all settings.
";

const VERSION: &str = concat!("mcp-server ", env!("CARGO_PKG_VERSION"), "\n");

/// A failure of the program: the lines that it prints, and its exit code.
struct Failure {
    lines: Vec<String>,
    code: u8,
}

impl Failure {
    fn new(line: impl Into<String>, code: u8) -> Self {
        Self { lines: vec![line.into()], code }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let is_setting = matches!(error, StartError::Service(_));
        Self::new(error.to_string(), if is_setting { 2 } else { 1 })
    }
}

/// Runs the program that the command line and the environment ask for. Exit codes:
/// 0 after an orderly end, 1 if the server cannot start or fails, 2 for bad
/// settings.
pub fn run(make_service: MakeService) -> ExitCode {
    let log = Log::open();
    match run_command(&log, make_service) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { lines, code }) => {
            for line in lines {
                log.print(&format!("mcp-server: {line}"));
            }
            ExitCode::from(code)
        }
    }
}

fn run_command(log: &Log, make_service: MakeService) -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => {
            let config = configure(log, Transport::Http)?;
            block_on(serve_http(config, make_service))
        }
        (Some("--stdio"), None) => {
            let config = configure(log, Transport::Stdio)?;
            block_on(serve_stdio(config, make_service))
        }
        (Some("--healthcheck"), None) => {
            healthcheck(&configure(log, Transport::Http)?)
        }
        (Some("--help" | "-h"), None) => print(HELP),
        (Some("--version" | "-V"), None) => print(VERSION),
        _ => Err(Failure::new("unknown option, try --help", 2)),
    }
}

/// Reads the settings, and starts the log in the format and level that they name.
fn configure(log: &Log, transport: Transport) -> Result<Config, Failure> {
    let (config, warnings) =
        Config::from_env(transport).map_err(|problems| Failure {
            lines: problems.iter().map(ToString::to_string).collect(),
            code: 2,
        })?;
    log.start(config.log_level, config.log_format);
    for warning in &warnings {
        tracing::warn!("{warning}");
    }
    Ok(config)
}

fn print(text: &str) -> Result<(), Failure> {
    let printed = std::io::stdout().write_all(text.as_bytes());
    printed.map_err(|_| Failure { lines: Vec::new(), code: 1 })
}

fn block_on(
    program: impl Future<Output = Result<(), StartError>>,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(StartError::Io)?;
    let ended = runtime.block_on(program);
    runtime.shutdown_timeout(BACKGROUND_DEADLINE);
    Ok(ended?)
}

async fn serve_http(
    config: Config,
    make_service: MakeService,
) -> Result<(), StartError> {
    let app = App::build(config, make_service).await?;
    let listener = app.listen().await?;
    tokio::select! {
        served = serve(listener, &app, nth_signal(1)) => served,
        () = nth_signal(2) => {
            tracing::warn!("a second signal ends the drain");
            Ok(())
        }
    }
}

async fn serve_stdio(
    config: Config,
    make_service: MakeService,
) -> Result<(), StartError> {
    let max_line = config.max_body;
    let app = App::build(config, make_service).await?;
    let input = tokio::io::stdin();
    let output = tokio::io::stdout();
    let engine = app.engine.clone();
    tokio::select! {
        () = app.engine.clone().upkeep() => Ok(()),
        served = stdio::serve(engine, input, output, max_line, nth_signal(1)) => {
            app.engine.leave().await;
            Ok(served?)
        }
        () = nth_signal(2) => Ok(()),
    }
}

/// Resolves when SIGTERM or SIGINT has arrived `count` times.
async fn nth_signal(count: usize) {
    let kinds = [SignalKind::terminate(), SignalKind::interrupt()];
    let [Ok(mut terminate), Ok(mut interrupt)] = kinds.map(signal) else {
        tracing::warn!("signals cannot be handled, so a shutdown will not drain");
        return std::future::pending().await;
    };
    for _ in 0..count {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}

/// Asks the server on this machine whether it is ready. A container image needs no
/// other program for its health check. The check does not include storage, because
/// replacing a node does not bring Redis back.
fn healthcheck(config: &Config) -> Result<(), Failure> {
    match local_addresses(&config.host, config.port).and_then(ask_first) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::new("the server is not ready", 1)),
        Err(error) => {
            let line = format!("the server does not answer: {error}");
            Err(Failure::new(line, 1))
        }
    }
}

/// Returns the addresses at which a local client reaches the server.
fn local_addresses(host: &Host, port: u16) -> std::io::Result<Vec<SocketAddr>> {
    let address: IpAddr = match host {
        Host::Address(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => {
            Ipv4Addr::LOCALHOST.into()
        }
        Host::Address(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => {
            Ipv6Addr::LOCALHOST.into()
        }
        Host::Address(address) => *address,
        Host::Name(name) => {
            return Ok((name.as_str(), port).to_socket_addrs()?.collect());
        }
    };
    Ok(vec![(address, port).into()])
}

/// Asks one address after the other, because the server listens on only one.
fn ask_first(addresses: Vec<SocketAddr>) -> std::io::Result<bool> {
    let mut answer = Err(ErrorKind::AddrNotAvailable.into());
    for address in addresses {
        answer = ask_readiness(address);
        if answer.is_ok() {
            break;
        }
    }
    answer
}

fn ask_readiness(address: SocketAddr) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect_timeout(&address, HEALTHCHECK_DEADLINE)?;
    stream.set_read_timeout(Some(HEALTHCHECK_DEADLINE))?;
    write!(
        stream,
        "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200"))
}
