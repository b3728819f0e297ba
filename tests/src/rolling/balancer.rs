//! A haproxy with the settings that are shipped, in front of nodes on this machine.

use std::{
    env,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    process::Command,
    time::Duration,
};

use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::{PATIENCE, eventually, process::Process};

const PROGRAM: &str = "haproxy";

/// What `docker-compose.yml` starts it with.
const SHIPPED: &str = include_str!("../../../deploy/haproxy.cfg");

/// Each line that does not suit this machine: how it begins, and what it is about.
const REPLACED: [(&str, &str); 2] =
    [("bind ", "where clients connect"), ("server-template ", "where nodes are")];

/// Often, so that nodes that drain for a short time are seen to.
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
    pub async fn start(nodes: &[SocketAddr]) -> Self {
        Self::start_with(nodes, SHIPPED).await
    }

    /// The same, and a silence of `time` is enough for it to close a connection.
    pub async fn start_impatient(nodes: &[SocketAddr], time: Duration) -> Self {
        let millis = time.as_millis();
        let mut settings = SHIPPED.to_owned();
        for side in ["client", "server"] {
            let shipped = format!("timeout {side} 1m\n");
            assert_eq!(SHIPPED.matches(&shipped).count(), 1, "{shipped}");
            let shorter = format!("timeout {side} {millis}ms\n");
            settings = settings.replace(&shipped, &shorter);
        }
        Self::start_with(nodes, &settings).await
    }

    async fn start_with(nodes: &[SocketAddr], settings: &str) -> Self {
        let program = installed().unwrap_or_else(install);
        let folder = TempDir::new()
            .unwrap_or_else(|error| panic!("no folder for haproxy: {error}"));
        let address = free_address();
        let path = folder.path().join("haproxy.cfg");
        std::fs::write(&path, adapt(settings, address, nodes))
            .unwrap_or_else(|error| panic!("no settings for haproxy: {error}"));
        let mut command = Command::new(program);
        let mut process =
            Process::start(PROGRAM, command.arg("-db").arg("-f").arg(&path));
        eventually("haproxy listens", PATIENCE, async || {
            if let Some(status) = process.exited() {
                panic!("haproxy {status}: {}", process.output());
            }
            TcpStream::connect(address).await.ok()
        })
        .await;
        Self { process, address, _folder: folder }
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has logged that is not a request that went well.
    pub fn complaints(&self) -> Vec<String> {
        let output = self.process.output();
        output.lines().filter(|line| !went_well(line)).map(str::to_owned).collect()
    }
}

/// Whether a line of its log tells of a request that was answered with a 2xx, or
/// that the client broke off, as clients may. See "HTTP log format" in haproxy's
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

/// The shipped settings with the places of this machine.
fn adapt(shipped: &str, address: SocketAddr, nodes: &[SocketAddr]) -> String {
    for (start, what) in REPLACED {
        let found = shipped.lines().filter(|line| line.trim().starts_with(start));
        assert_eq!(found.count(), 1, "haproxy.cfg says once {what}: {start}");
    }
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

/// A place where nobody listens.
fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .unwrap_or_else(|error| panic!("no free port: {error}"))
}

/// Where haproxy is. Debian puts it where only root looks for programs.
fn installed() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|folder| folder.join(PROGRAM))
        .find(|file| file.is_file())
}

/// Installs it from Debian.
fn install() -> PathBuf {
    let get = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        if !rustix::process::geteuid().is_root() {
            command = Command::new("sudo");
            command.args(["--non-interactive", "apt-get"]);
        }
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        command.status().is_ok_and(|status| status.success())
    };
    let done = get(&["update", "-qq"])
        && get(&["install", "-y", "-qq", "--no-install-recommends", PROGRAM]);
    installed().filter(|_| done).unwrap_or_else(|| {
        panic!(
            "haproxy is missing and could not be installed: install it first, with \
             `apt-get install haproxy` on Debian or `brew install haproxy` on macOS"
        )
    })
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
