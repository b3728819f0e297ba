//! Real Redis servers on free ports, ended when the test is over.
#![allow(dead_code, reason = "every test file uses its own part of this")]

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What to do on a machine without Redis.
const INSTALL: &str = "these tests need redis-server and redis-cli: \
    `apt install redis-server`, or `brew install redis`";

/// One `redis-server` that keeps nothing on disk.
pub struct RedisServer {
    child: Child,
    port: u16,
}

impl RedisServer {
    /// A server on a free port of 127.0.0.1.
    pub fn start() -> Self {
        let port = free_port();
        let child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{INSTALL} ({error})"));
        let mut server = Self { child, port };
        server.wait_until_it_answers();
        server
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The output of one `redis-cli` command.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = Command::new("redis-cli")
            .args(["-p", &self.port.to_string()])
            .args(arguments)
            .output()
            .unwrap_or_else(|error| panic!("{INSTALL} ({error})"));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn wait_until_it_answers(&mut self) {
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = self.child.try_wait().ok().flatten();
            assert!(ended.is_none(), "redis-server ended: {ended:?}");
            let late = started.elapsed() > Duration::from_secs(10);
            assert!(!late, "redis-server does not answer");
            sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // An error means that it has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0));
    let address = listener.and_then(|listener| listener.local_addr());
    address.unwrap_or_else(|error| panic!("no free port: {error}")).port()
}
