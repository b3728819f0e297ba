//! One running server of ours, for as long as its guard lives.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::Error;
use crate::process::Running;
use crate::redis::Redis;

/// Printed on standard error, followed by the rest of the address.
pub const MARKER: &str = "listening on http://";

/// A server process with a known address.
pub struct Node {
    server: Running,
    address: String,
}

impl Node {
    /// Starts `program` on a free port, with shared storage if `redis` is
    /// given. `log` receives what it prints.
    pub fn start(
        program: &Path,
        redis: Option<&Redis>,
        log: &Path,
    ) -> Result<Self, Error> {
        let mut command = Command::new(program);
        // What the reader has set in the shell is meant for other servers.
        command.env_clear();
        command.env("HOST", "127.0.0.1").env("PORT", "0");
        // All checks come from one address.
        command.env("RATE_LIMIT_MAX", "1000000");
        // Without a port any port will do: a balancer has another one.
        command.env("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]");
        if let Some(redis) = redis {
            command.env("USE_REDIS", "true").env("REDIS_URL", redis.url());
        }
        let (server, line) = Running::start_and_await(&mut command, MARKER, log)?;
        Ok(Self { server, address: address(&line) })
    }

    /// `HOST:PORT`
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.server.id()
    }

    /// How often it went on with a session that another node had visited last.
    pub fn sessions_taken_over(&self) -> Result<u64, Error> {
        self.metric("mcp_session_events_total{event=\"reconstructed\"}")
    }

    /// How many requests it has answered.
    pub fn requests_served(&self) -> Result<u64, Error> {
        self.metric("mcp_requests_total")
    }

    /// The sum of all samples whose names begin like this.
    fn metric(&self, name: &str) -> Result<u64, Error> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(
            stream,
            "GET /metrics HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.address
        )?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let samples = text.lines().filter(|line| line.starts_with(name));
        let values = samples.filter_map(|line| line.rsplit(' ').next());
        Ok(values.map(str::parse::<u64>).sum::<Result<_, _>>()?)
    }

    /// Where the clients connect.
    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }
}

/// `HOST:PORT` out of the line that announces it, which may be a log line with
/// more words, colours or quotes around the address.
pub fn address(line: &str) -> String {
    let rest = line.split_once(MARKER).map_or("", |(_, rest)| rest);
    rest.chars()
        .take_while(|c| c.is_ascii_alphanumeric() || ".:-[]".contains(*c))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn the_address_is_found_among_other_words() {
        assert_eq!(address("listening on http://127.0.0.1:80"), "127.0.0.1:80");
        assert_eq!(
            address("INFO mcp: listening on http://[::1]:1453\u{1b}[0m now"),
            "[::1]:1453"
        );
    }
}
