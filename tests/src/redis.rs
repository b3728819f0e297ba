//! A Redis of the story's own, which can be made to fail.

use std::{
    net::{Ipv4Addr, TcpListener},
    process::Command,
};

use rustix::process::Signal;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{PATIENCE, eventually, process::Process};

/// The password of a server that wants one.
const PASSWORD: &str = "a-password";

/// A `redis-server` process on a port of its own. Dropping it kills it and
/// removes its data.
#[derive(Debug)]
pub struct RedisServer {
    port: u16,
    folder: TempDir,
    process: Process,
    /// Settings besides those that all have.
    settings: &'static [&'static str],
}

impl RedisServer {
    /// Whether this machine has a `redis-server`.
    pub fn is_installed() -> bool {
        let mut command = Command::new("redis-server");
        command
            .arg("--version")
            .output()
            .is_ok_and(|output| output.status.success())
    }

    /// Starts an empty Redis that writes every change to disk.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same, and it wants a password.
    pub async fn start_with_password() -> Self {
        Self::start_with(&["--requirepass", PASSWORD]).await
    }

    /// Three servers that share the keys. Each knows where the others are.
    pub async fn start_cluster() -> [Self; 3] {
        let start = || Self::start_with(&["--cluster-enabled", "yes"]);
        let servers = [start().await, start().await, start().await];
        let addresses =
            servers.each_ref().map(|server| format!("127.0.0.1:{}", server.port));
        let created = Command::new("redis-cli")
            .args(["--cluster", "create"])
            .args(addresses)
            .args(["--cluster-replicas", "0", "--cluster-yes"])
            .output()
            .unwrap_or_else(|error| panic!("redis-cli does not start: {error}"));
        let told = String::from_utf8_lossy(&created.stdout);
        assert!(created.status.success(), "no cluster: {told}");
        for server in &servers {
            eventually("the cluster is complete", PATIENCE, async || {
                let info = server.command(&["CLUSTER", "INFO"]).await;
                info.contains("cluster_state:ok").then_some(())
            })
            .await;
        }
        servers
    }

    async fn start_with(settings: &'static [&'static str]) -> Self {
        let folder = TempDir::new()
            .unwrap_or_else(|error| panic!("no folder for Redis: {error}"));
        let port = free_port();
        let process = launch(port, &folder, settings);
        let mut server = Self { port, folder, process, settings };
        server.await_ready().await;
        server
    }

    fn wants_password(&self) -> bool {
        self.settings.contains(&PASSWORD)
    }

    /// The value for `REDIS_URL`.
    pub fn url(&self) -> String {
        let login = match self.wants_password() {
            true => format!(":{PASSWORD}@"),
            false => String::new(),
        };
        format!("redis://{login}127.0.0.1:{}", self.port)
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// SIGKILL: connections break, new ones are refused.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// SIGSTOP: connections stay open and nothing answers.
    pub fn freeze(&self) {
        self.process.signal(Signal::STOP);
    }

    /// SIGCONT: goes on where it stopped.
    pub fn thaw(&self) {
        self.process.signal(Signal::CONT);
    }

    /// Starts again on the same port with the data that it had.
    pub async fn restart(&mut self) {
        self.process.kill();
        self.process = launch(self.port, &self.folder, self.settings);
        self.await_ready().await;
    }

    /// Starts again on the same port with nothing.
    pub async fn restart_empty(&mut self) {
        self.process.kill();
        self.folder = TempDir::new()
            .unwrap_or_else(|error| panic!("no folder for Redis: {error}"));
        self.restart().await;
    }

    /// Runs one command, given as its words, and returns the raw reply.
    pub async fn command(&self, words: &[&str]) -> String {
        let reply = self.converse(words).await;
        reply.unwrap_or_else(|error| panic!("Redis does not answer: {error}"))
    }

    async fn converse(&self, words: &[&str]) -> std::io::Result<String> {
        let mut stream =
            TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await?;
        let mut request = String::new();
        let login: &[&str] = match self.wants_password() {
            true => &["AUTH", PASSWORD],
            false => &["PING"],
        };
        for words in [login, words, &["QUIT"]] {
            request.push_str(&format!("*{}\r\n", words.len()));
            for word in words {
                request.push_str(&format!("${}\r\n{word}\r\n", word.len()));
            }
        }
        stream.write_all(request.as_bytes()).await?;
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await?;
        // The first line answers the login, and the last one QUIT.
        let reply = reply.split_once("\r\n").map_or("", |(_, rest)| rest);
        let reply = reply.strip_suffix("+OK\r\n").unwrap_or(reply);
        Ok(reply.trim_end().to_owned())
    }

    async fn await_ready(&mut self) {
        eventually("Redis answers", PATIENCE, async || {
            if let Some(status) = self.process.exited() {
                panic!("redis-server {status}: {}", self.process.output());
            }
            let reply = self.converse(&["PING"]).await;
            reply.is_ok_and(|reply| reply == "+PONG").then_some(())
        })
        .await;
    }
}

fn launch(port: u16, folder: &TempDir, settings: &[&str]) -> Process {
    let mut command = Command::new("redis-server");
    command
        .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
        .args(["--save", "", "--appendonly", "yes"])
        .args(settings)
        .arg("--dir")
        .arg(folder.path());
    Process::start("redis-server", &mut command)
}

/// A port that nobody listens on. Somebody may take it before it is used; then
/// the start fails and says so.
fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .unwrap_or_else(|error| panic!("no free port: {error}"))
        .port()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_restart_keeps_the_data_unless_it_is_to_be_empty() {
        let mut redis = RedisServer::start().await;
        assert_eq!(redis.command(&["SET", "key", "value"]).await, "+OK");
        redis.kill();
        redis.restart().await;
        assert_eq!(redis.command(&["GET", "key"]).await, "$5\r\nvalue");
        redis.restart_empty().await;
        assert_eq!(redis.command(&["EXISTS", "key"]).await, ":0");
    }

    #[tokio::test]
    async fn a_frozen_redis_says_nothing_until_it_is_thawed() {
        let redis = RedisServer::start().await;
        redis.freeze();
        let words = ["PING"];
        let answer = redis.command(&words);
        tokio::pin!(answer);
        timeout(Duration::from_millis(100), &mut answer)
            .await
            .expect_err("a frozen process answered");
        redis.thaw();
        assert_eq!(answer.await, "+PONG");
    }
}
