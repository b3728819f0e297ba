//! A haproxy with the settings that are shipped, in front of nodes on this machine.

use std::io::{Error, Result};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::ports::free_port;
use crate::programs::ensure_installed;
use crate::{Process, wait_until};

const PROGRAM: &str = "haproxy";

/// What `docker-compose.yml` starts it with.
const SHIPPED: &str = include_str!("../../deploy/haproxy.cfg");

/// Often, so that nodes that drain for a short time are noticed.
const CHECK: &str = "check inter 200ms fall 1 rise 1";

/// A balancer process. Dropping it kills it.
#[derive(Debug)]
pub struct Balancer {
    process: Process,
    address: SocketAddr,
    _folder: TempDir,
}

impl Balancer {
    /// Starts it in front of these nodes; installs haproxy if it is missing.
    ///
    /// # Errors
    /// If it does not listen.
    pub fn start(nodes: &[SocketAddr]) -> Result<Self> {
        Self::start_with(nodes, SHIPPED)
    }

    /// Starts one that closes a connection after a silence of `time`.
    ///
    /// # Errors
    /// If it does not listen.
    pub fn start_impatient(nodes: &[SocketAddr], time: Duration) -> Result<Self> {
        let mut settings = SHIPPED.to_owned();
        for side in ["client", "server"] {
            let shorter = format!("timeout {side} {}ms\n", time.as_millis());
            settings = settings.replace(&shipped_timeout(side), &shorter);
        }
        Self::start_with(nodes, &settings)
    }

    fn start_with(nodes: &[SocketAddr], shipped: &str) -> Result<Self> {
        let program = ensure_installed(PROGRAM)?;
        let folder = TempDir::new()?;
        let address = (Ipv4Addr::LOCALHOST, free_port()).into();
        let settings = folder.path().join("haproxy.cfg");
        std::fs::write(&settings, adapt(shipped, address, nodes))?;
        let mut command = Command::new(program);
        let mut process =
            Process::start(command.arg("-db").arg("-f").arg(settings))?;
        wait_until("haproxy listens", || match process.exited() {
            Some(status) => {
                let output = process.output();
                Err(Error::other(format!("haproxy: {status}\n{output}")))
            }
            None => Ok(TcpStream::connect(address).ok()),
        })?;
        Ok(Self { process, address, _folder: folder })
    }

    /// The socket that clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The MCP endpoint.
    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// What it has logged, without the requests that went well.
    pub fn complaints(&self) -> Vec<String> {
        let output = self.process.output();
        output.lines().filter(|line| !went_well(line)).map(str::to_owned).collect()
    }
}

fn shipped_timeout(side: &str) -> String {
    format!("timeout {side} 1m\n")
}

/// Returns `true` for a request that was answered with a 2xx, or that the client
/// broke off, as clients may. See "HTTP log format" in haproxy's
/// configuration manual.
fn went_well(line: &str) -> bool {
    let fields: Vec<&str> = line.split(' ').collect();
    let status = fields.get(5).and_then(|status| status.parse::<u16>().ok());
    let ended_by = fields.get(9).and_then(|state| state.chars().next());
    match (status, ended_by) {
        (Some(_), Some('C')) => true,
        (Some(status), Some('-')) => (200..300).contains(&status),
        _ => false,
    }
}

/// The shipped settings with the addresses of this machine: of the balancer in place of
/// the line `bind`, and of the nodes in place of `server-template`.
fn adapt(shipped: &str, address: SocketAddr, nodes: &[SocketAddr]) -> String {
    let mut adapted = String::new();
    for line in shipped.lines() {
        match line.split_whitespace().next() {
            Some("bind") => adapted.push_str(&format!("    bind {address}\n")),
            Some("server-template") => {
                for (index, node) in nodes.iter().enumerate() {
                    let server = format!("    server node{index} {node} {CHECK}\n");
                    adapted.push_str(&server);
                }
            }
            _ => adapted.extend([line, "\n"]),
        }
    }
    adapted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_places_differ_from_what_is_shipped() {
        let [address, node] = [1, 2].map(|port| (Ipv4Addr::LOCALHOST, port).into());
        let adapted = adapt(SHIPPED, address, &[node]);
        let differ: Vec<&str> =
            adapted.lines().filter(|line| !SHIPPED.contains(line)).collect();
        let server = format!("    server node0 127.0.0.1:2 {CHECK}");
        assert_eq!(differ, ["    bind 127.0.0.1:1", server.as_str()]);
        assert_eq!(adapted.lines().count(), SHIPPED.lines().count());
        for side in ["client", "server"] {
            let timeout = shipped_timeout(side);
            assert_eq!(SHIPPED.matches(&timeout).count(), 1, "{timeout}");
        }
    }

    #[test]
    fn what_went_well_is_told_from_what_did_not() {
        let line = |status: &str, state: &str| {
            format!(
                "127.0.0.1:4 [25/Nov/2026:01:00:20.123] mcp nodes/node1 0/0/0/5/5 \
                 {status} 500 - - {state} 1/1/0/0/0 0/0 \"POST /mcp HTTP/1.1\""
            )
        };
        assert!(went_well(&line("200", "----")));
        assert!(went_well(&line("400", "CR--")), "the client had enough");
        assert!(!went_well(&line("503", "----")));
        assert!(!went_well(&line("502", "SH--")));
        assert!(!went_well(&line("200", "SD--")));
        assert!(!went_well("Server nodes/node1 is DOWN, reason: Layer7 timeout"));
    }
}
