//! A load balancer in front of several nodes, with the settings that are shipped.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::process::Running;
use crate::redis::{await_port, free_port};
use crate::{Error, debian, workspace};

const PROGRAM: &str = "haproxy";

/// A haproxy that asks one node after the other, for as long as this value lives.
pub struct Balancer {
    _server: Running,
    port: u16,
}

impl Balancer {
    /// Starts one on a free port, in front of nodes at these addresses.
    pub fn start(nodes: &[&str], folder: &Path) -> Result<Self, Error> {
        debian::ensure_installed(PROGRAM)?;
        let port = free_port()?;
        let shipped = workspace::root().join("deploy/haproxy.cfg");
        let settings = folder.join("haproxy.cfg");
        fs::write(&settings, localize(&fs::read_to_string(shipped)?, port, nodes))?;
        let mut command = Command::new(PROGRAM);
        command.arg("-db").arg("-f").arg(settings);
        let mut server = Running::start(&mut command, &folder.join("haproxy.log"))?;
        if await_port(&mut server, port) {
            return Ok(Self { _server: server, port });
        }
        Err(format!("{PROGRAM} did not start; see {}", folder.display()).into())
    }

    /// Where the clients connect.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/mcp", self.port)
    }
}

/// The shipped settings, for nodes that are known from the start.
fn localize(shipped: &str, port: u16, nodes: &[&str]) -> String {
    let mut settings = String::new();
    for line in shipped.lines() {
        let indent = &line[..line.len() - line.trim_start().len()];
        match line.split_whitespace().next() {
            Some("bind") => {
                settings.push_str(&format!("{indent}bind 127.0.0.1:{port}\n"));
            }
            Some("server-template") => {
                for (number, node) in nodes.iter().enumerate() {
                    settings
                        .push_str(&format!("{indent}server n{number} {node}\n"));
                }
            }
            _ => {
                settings.push_str(line);
                settings.push('\n');
            }
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::localize;

    #[test]
    fn only_the_addresses_differ_from_what_is_shipped() {
        let shipped = "frontend a\n  bind :1\nbackend b\n  option x\n  server-template n 10 m:1 y\n";
        let expected = "frontend a\n  bind 127.0.0.1:7\nbackend b\n  option x\n  server n0 h:1\n  server n1 h:2\n";
        assert_eq!(localize(shipped, 7, &["h:1", "h:2"]), expected);
    }
}
