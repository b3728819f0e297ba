//! A server of this repository.

use std::io::{Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::{Process, wait_until};

/// What a server prints when it is ready, before its address.
const READY: &str = "listening on http://";

/// How long a page may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A command that starts `program` on a free port of 127.0.0.1. What is set in the
/// shell is meant for other servers, so that nothing of it is passed on. All requests
/// come from one address, so that the rate limit is high.
pub fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("HOST", "127.0.0.1").env("PORT", "0");
    command.env("RATE_LIMIT_MAX", "1000000");
    command
}

/// The address that a server has printed, once it is ready.
///
/// # Errors
/// If the server has ended.
pub fn announced(process: &mut Process) -> Result<Option<SocketAddr>> {
    let output = process.printed(READY)?;
    Ok(output.and_then(|output| address(&output)))
}

/// The address may be followed by quotes, colours or a path.
fn address(output: &str) -> Option<SocketAddr> {
    let (_, rest) = output.split_once(READY)?;
    let end =
        rest.find(|c: char| !(c.is_ascii_hexdigit() || "[].:".contains(c)))?;
    rest[..end].parse().ok()
}

/// A server process. Dropping it kills it.
#[derive(Debug)]
pub struct Node {
    /// The process itself.
    pub process: Process,
    address: SocketAddr,
}

impl Node {
    /// Starts a server and blocks until it is ready. What it prints replaces the file
    /// `log`.
    ///
    /// # Errors
    /// If it does not become ready.
    pub fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let mut process = Process::start_into(log, command)?;
        let address = wait_until("the server listens", || announced(&mut process))?;
        Ok(Self { process, address })
    }

    /// A server that is known to be ready at `address`.
    pub fn new(process: Process, address: SocketAddr) -> Self {
        Self { process, address }
    }

    /// The socket that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The MCP endpoint.
    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// Gets a page, for example `/readyz`, with its head.
    ///
    /// # Errors
    /// If the server does not answer.
    pub fn get(&self, path: &str) -> Result<String> {
        self.send(&format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.address
        ))
    }

    /// Sends `request`, which asks the server to close the connection.
    ///
    /// # Errors
    /// If the server does not answer.
    pub fn send(&self, request: &str) -> Result<String> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// The sum of all samples of `/metrics` whose names begin with `name`.
    ///
    /// # Errors
    /// If the server does not answer.
    pub fn metric(&self, name: &str) -> Result<u64> {
        let page = self.get("/metrics")?;
        let samples = page.lines().filter(|line| line.starts_with(name));
        let values = samples.filter_map(|line| line.rsplit(' ').next());
        Ok(values.filter_map(|value| value.parse::<u64>().ok()).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn the_address_is_found_in_the_line_whatever_follows_it() {
        let found = |output: &str| address(output).map(|found| found.to_string());
        let expected = Some("127.0.0.1:4321".to_owned());
        for end in ["\n", "/mcp\n", "\"}\n", "\u{1b}[0m now\n"] {
            let line = format!("INFO listening on http://127.0.0.1:4321{end}");
            assert_eq!(found(&line), expected, "{end:?}");
        }
        let sixth = found("listening on http://[::1]:80 \n");
        assert_eq!(sixth, Some("[::1]:80".to_owned()));
        assert_eq!(found("listening on http://127.0.0.1:43"), None, "not complete");
        assert_eq!(found("starting\n"), None);
    }
}
