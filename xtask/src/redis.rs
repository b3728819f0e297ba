//! One redis-server of our own.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::process::Running;
use crate::{Error, debian};

const PROGRAM: &str = "redis-server";

/// A Redis that nobody else uses, for as long as this value lives.
pub struct Redis {
    server: Running,
    port: u16,
}

impl Redis {
    /// Starts one on a free port. Nothing is written to disk but its log.
    pub fn start(folder: &Path) -> Result<Self, Error> {
        debian::ensure_installed(PROGRAM)?;
        // The port may be taken between the look and the start: try again.
        for _ in 0..3 {
            let port = free_port()?;
            let mut command = Command::new(PROGRAM);
            command.args(["--bind", "127.0.0.1", "--port", &port.to_string()]);
            command.args(["--save", "", "--appendonly", "no"]);
            command.current_dir(folder);
            let log = folder.join("redis.log");
            let mut server = Running::start(&mut command, &log)?;
            if await_port(&mut server, port) {
                return Ok(Self { server, port });
            }
        }
        Err(format!("{PROGRAM} did not start").into())
    }

    /// What a node needs to find it.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Keeps all commands in the slow log, from where a reader can see the last.
    pub fn remember_commands(&self) -> Result<(), Error> {
        let text =
            self.asked(b"CONFIG SET slowlog-log-slower-than 0\r\nQUIT\r\n")?;
        if text.starts_with("+OK") { Ok(()) } else { Err(text.into()) }
    }

    /// Processor time that it has used, in seconds.
    pub fn processor_time(&self) -> Result<f64, Error> {
        self.server.processor_time()
    }

    /// How many scripts it was asked to run. A node that quietly kept its
    /// sessions to itself would pass a test on one node; this shows it.
    pub fn scripts_run(&self) -> Result<u64, Error> {
        let text = self.asked(b"INFO commandstats\r\nQUIT\r\n")?;
        Ok(text.lines().filter_map(calls_of_script).sum())
    }

    /// How often it has read from a connection: once for all that had arrived there.
    pub fn reads(&self) -> Result<f64, Error> {
        let text = self.asked(b"INFO stats\r\nQUIT\r\n")?;
        let count = |line: &str| {
            line.strip_prefix("total_reads_processed:")?.trim().parse().ok()
        };
        text.lines().find_map(count).ok_or_else(|| "it counts no reads".into())
    }

    fn asked(&self, command: &[u8]) -> Result<String, Error> {
        let mut stream = self.connect()?;
        stream.write_all(command)?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    }

    /// A connection that gives up after a while.
    pub fn connect(&self) -> Result<TcpStream, Error> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        Ok(stream)
    }
}

/// The count in `cmdstat_evalsha:calls=12,usec=…`, for the two script commands.
fn calls_of_script(line: &str) -> Option<u64> {
    let (command, numbers) = line.strip_prefix("cmdstat_eval")?.split_once(':')?;
    if !matches!(command, "" | "sha") {
        return None;
    }
    numbers.strip_prefix("calls=")?.split(',').next()?.parse().ok()
}

/// A port that nobody listens on at this moment.
pub fn free_port() -> Result<u16, Error> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Whether somebody listens on a port within 10 s, unless `server` ends.
pub fn await_port(server: &mut Running, port: u16) -> bool {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(10) && !server.has_ended() {
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return true;
        }
        thread::sleep(Duration::from_millis(20));
    }
    false
}

#[cfg(test)]
mod tests {
    use super::calls_of_script;

    #[test]
    fn only_scripts_are_counted() {
        let count = |line| calls_of_script(line);
        assert_eq!(count("cmdstat_evalsha:calls=12,usec=3"), Some(12));
        assert_eq!(count("cmdstat_eval:calls=1,usec=3"), Some(1));
        assert_eq!(count("cmdstat_get:calls=9,usec=3"), None);
    }
}
