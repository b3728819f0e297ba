//! Real Redis servers on free ports, ended when the test is over.
#![allow(dead_code, reason = "every test file uses its own part of this")]

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

/// One `redis-server` that keeps nothing on disk.
pub struct RedisServer {
    child: Child,
    port: u16,
    arguments: Vec<String>,
    directory: PathBuf,
}

impl RedisServer {
    /// A server on a free port of 127.0.0.1.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// A server with more arguments.
    pub fn start_with(arguments: &[&str]) -> Self {
        let port = free_port();
        let directory = std::env::temp_dir()
            .join(format!("mcp-redis-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a directory for the server");
        let arguments: Vec<String> =
            arguments.iter().map(|&a| a.to_owned()).collect();
        let child = spawn(port, &directory, &arguments);
        let server = Self { child, port, arguments, directory };
        server.wait_until_it_answers();
        server
    }

    /// Its URL without credentials.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The output of one `redis-cli` command.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = Command::new("redis-cli")
            .args(["-p", &self.port.to_string()])
            .args(arguments)
            .output()
            .expect("redis-cli runs");
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    /// Stops the process without closing anything: like a partition.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Ends what [`Self::pause`] began.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Ends the process; connections to it are refused.
    pub fn kill(&mut self) {
        self.child.kill().expect("the server is killed");
        self.child.wait().expect("the server is gone");
    }

    /// Starts it again after [`Self::kill`], on the same port and empty.
    pub fn restart(&mut self) {
        self.child = spawn(self.port, &self.directory, &self.arguments);
        self.wait_until_it_answers();
    }

    fn signal(&self, name: &str) {
        let (pid, signal) = (self.child.id().to_string(), format!("-{name}"));
        let sent = Command::new("kill").args([&signal, &pid]).status();
        assert!(sent.expect("kill runs").success());
    }

    fn wait_until_it_answers(&self) {
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(10), "no redis-server");
            sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // It may be dead already; a stopped process dies as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn spawn(port: u16, directory: &Path, arguments: &[String]) -> Child {
    Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no"])
        .arg("--dir")
        .arg(directory)
        .args(arguments)
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is installed")
}

/// A port that nobody uses, below those that the system gives to clients: one of
/// them could take it while its server is down. A cluster also needs the port
/// 10,000 above.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let port =
            10_000 + (std::process::id().wrapping_mul(97).wrapping_add(n)) % 10_000;
        let port = u16::try_from(port).expect("below 20,000");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
