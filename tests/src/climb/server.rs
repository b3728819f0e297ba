//! The server that climbs: one that runs already, or a command that starts it.

use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, Instant};

use testkit::ports::free_port;
use testkit::{Process, Stderr, programs};
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::{Complaint, Need};
use crate::{GLANCE, Pipes};

/// How long a command may take until its server listens. It may have to compile.
const START: Duration = Duration::from_secs(30);

/// What every started server is told, so that scenarios are quick and one client
/// may do a lot. A server that does not know a variable ignores it.
const SETTINGS: [(&str, &str); 3] =
    [("HOST", "127.0.0.1"), ("DRAIN_DELAY", "0"), ("RATE_LIMIT_MAX", "1000000")];

/// Where requests go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The socket.
    pub address: SocketAddr,
    /// The endpoint's path.
    pub path: String,
}

/// The server that climbs.
#[derive(Debug, Clone)]
pub enum Server {
    /// It runs already, and is only asked.
    Running(Place),
    /// A command for the shell. It is started with `HOST` and `PORT`, for several
    /// nodes also with `USE_REDIS` and `REDIS_URL`, and stopped and killed at will.
    Command(String),
}

impl Server {
    /// The server at a URL.
    ///
    /// # Errors
    /// If this is not an `http://` URL of a host that is known.
    pub fn at(url: &str) -> Result<Self, Complaint> {
        let rest = url.strip_prefix("http://");
        let rest = rest.ok_or_else(|| format!("{url} is not an http:// URL"))?;
        let (host, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, "/mcp"),
        };
        let with_port =
            if host.contains(':') { host.into() } else { format!("{host}:80") };
        let mut addresses = with_port
            .to_socket_addrs()
            .map_err(|error| format!("{host} is not found: {error}"))?;
        let address = addresses.next().ok_or(format!("{host} is not found"))?;
        Ok(Self::Running(Place { address, path: path.to_owned() }))
    }

    /// Why a scenario with these needs cannot be put to this server, if it cannot.
    pub fn cannot(&self, needs: &[Need]) -> Option<String> {
        match (self, needs) {
            (Self::Running(_), [need, ..]) => {
                Some(format!("needs {need}; give its command with --cmd"))
            }
            (Self::Command(_), needs)
                if needs.contains(&Need::TwoNodes)
                    && programs::find("redis-server").is_none() =>
            {
                Some("redis-server is not installed".to_owned())
            }
            _ => None,
        }
    }
}

/// A node that was started for a scenario. Dropping it kills it.
#[derive(Debug)]
pub struct Launched {
    process: Process,
    /// Where it listens.
    pub place: Place,
}

impl Launched {
    /// Starts `command` and waits until it listens on its port.
    ///
    /// # Errors
    /// If it ended instead, with what it printed.
    pub async fn start(
        command: &str,
        settings: &[(String, String)],
    ) -> Result<Self, Complaint> {
        let port = free_port();
        let mut shell = shell(command, settings);
        shell.env("PORT", port.to_string());
        let process = Process::start(&mut shell);
        let mut process =
            process.map_err(|error| error.to_string())?.leading_group();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let started = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            if let Some(status) = process.exited() {
                let printed = process.output();
                return Err(format!("{command} ended: {status}\n{printed}"));
            }
            if started.elapsed() > START {
                process.kill();
                let printed = process.output();
                return Err(format!(
                    "{command} does not listen on {address}\n{printed}"
                ));
            }
            sleep(GLANCE).await;
        }
        let place = Place { address, path: "/mcp".to_owned() };
        Ok(Self { process, place })
    }

    /// Starts `command --stdio`.
    pub fn pipes(command: &str) -> Pipes {
        let command = format!("{command} --stdio");
        Pipes::start(&mut shell(&command, &[]), Stderr::Kept).leading_group()
    }

    /// It is gone at once, with all that it started.
    pub fn kill(&mut self) {
        self.process.kill();
    }
}

/// In a process group of its own, so that what the shell started ends with it.
fn shell(command: &str, settings: &[(String, String)]) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).process_group(0);
    shell.envs(SETTINGS).envs(settings.iter().map(|(name, value)| (name, value)));
    shell
}
