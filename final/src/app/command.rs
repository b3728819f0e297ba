//! The command line, and the life of the process.

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

/// How long `--healthcheck` waits for an answer.
const HEALTHCHECK_DEADLINE: Duration = Duration::from_secs(2);

/// How long tasks that nobody waits for may take at the end.
const LAST_WORDS: Duration = Duration::from_millis(100);

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

/// What the command line asks for.
enum Command {
    Http,
    Stdio,
    Healthcheck,
}

/// Runs the program to its end.
pub(super) fn run(make_service: MakeService) -> ExitCode {
    run_with(&Log::open(), make_service)
}

fn run_with(log: &Log, make_service: MakeService) -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => Command::Http,
        (Some("--stdio"), None) => Command::Stdio,
        (Some("--healthcheck"), None) => Command::Healthcheck,
        (Some("--help" | "-h"), None) => return print(HELP),
        (Some("--version" | "-V"), None) => {
            return print(concat!("mcp-server ", env!("CARGO_PKG_VERSION"), "\n"));
        }
        _ => {
            return report_problem(
                log,
                &["unknown option, try --help".to_owned()],
                2,
            );
        }
    };
    let transport = match command {
        Command::Stdio => Transport::Stdio,
        Command::Http | Command::Healthcheck => Transport::Http,
    };
    let (config, warnings) = match Config::from_env(transport) {
        Ok(read) => read,
        Err(problems) => {
            let lines: Vec<String> =
                problems.iter().map(ToString::to_string).collect();
            return report_problem(log, &lines, 2);
        }
    };
    log.start(config.log_level, config.log_format);
    for warning in &warnings {
        tracing::warn!("{warning}");
    }
    let ended = match command {
        Command::Healthcheck => return healthcheck(log, &config),
        Command::Http => block_on(serve_http(config, make_service)),
        Command::Stdio => block_on(serve_stdio(config, make_service)),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(StartError::Service(rule)) => report_problem(log, &[rule], 2),
        Err(error) => report_problem(log, &[error.to_string()], 1),
    }
}

fn print(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn report_problem(log: &Log, lines: &[String], code: u8) -> ExitCode {
    for line in lines {
        log.print(&format!("mcp-server: {line}"));
    }
    ExitCode::from(code)
}

fn block_on(
    program: impl Future<Output = Result<(), StartError>>,
) -> Result<(), StartError> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(program);
    runtime.shutdown_timeout(LAST_WORDS);
    ended
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
    let (input, output) = (tokio::io::stdin(), tokio::io::stdout());
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
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::warn!("signals cannot be caught, there will be no drain");
        return std::future::pending().await;
    };
    for _ in 0..count {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}

/// Asks the server on this machine whether it wants traffic. For container
/// images, which need no other program for it. Storage is not asked: a node is
/// not better for being replaced while Redis is away.
fn healthcheck(log: &Log, config: &Config) -> ExitCode {
    match local_addresses(&config.host, config.port).and_then(ask_first) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            report_problem(log, &["the server is not ready".to_owned()], 1)
        }
        Err(error) => report_problem(
            log,
            &[format!("the server does not answer: {error}")],
            1,
        ),
    }
}

/// Where the server is reached that listens there.
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

/// Asks one address after the other, because the server listens at one of them.
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
