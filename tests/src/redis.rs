//! A Redis of the story's own, which can be made to fail.

use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{PATIENCE, eventually};

/// The password of a server that wants one.
const PASSWORD: &str = "a-password";

/// A [`testkit::RedisServer`] that writes every change to disk. Dropping it kills it
/// and removes its data.
#[derive(Debug)]
pub struct RedisServer {
    server: testkit::RedisServer,
    wants_password: bool,
}

impl RedisServer {
    /// Starts an empty Redis.
    pub async fn start() -> Self {
        Self::start_with(&["--appendonly", "yes"]).await
    }

    /// The same, and it wants a password.
    pub async fn start_with_password() -> Self {
        let settings = ["--appendonly", "yes", "--requirepass", PASSWORD];
        Self { wants_password: true, ..Self::start_with(&settings).await }
    }

    /// Starts an empty Redis that confirms a change when it is on disk.
    pub async fn start_durable() -> Self {
        let settings = ["--appendonly", "yes", "--appendfsync", "always"];
        Self::start_with(&settings).await
    }

    async fn start_with(settings: &[&str]) -> Self {
        let server = fine(testkit::RedisServer::launch(settings));
        let mut server = Self { server, wants_password: false };
        server.await_ready().await;
        server
    }

    /// Three servers that share the keys. Each knows where the others are.
    pub async fn start_cluster() -> [Self; 3] {
        let servers = fine(testkit::RedisServer::start_cluster());
        servers.map(|server| Self { server, wants_password: false })
    }

    /// The value for `REDIS_URL`.
    pub fn url(&self) -> String {
        match self.wants_password {
            true => format!("redis://:{PASSWORD}@127.0.0.1:{}", self.port()),
            false => self.server.url(),
        }
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// SIGKILL: connections break, new ones are refused.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// SIGSTOP: connections stay open and nothing answers.
    pub fn freeze(&self) {
        self.server.pause();
    }

    /// SIGCONT: continues where it stopped.
    pub fn thaw(&self) {
        self.server.resume();
    }

    /// Starts again on the same port with the data that it had.
    pub async fn restart(&mut self) {
        fine(self.server.relaunch());
        self.await_ready().await;
    }

    /// Starts again on the same port with nothing.
    pub async fn restart_empty(&mut self) {
        fine(self.server.remove_data());
        self.restart().await;
    }

    async fn await_ready(&mut self) {
        eventually("Redis is ready", PATIENCE, async || {
            fine(self.server.is_ready()).then_some(())
        })
        .await;
    }

    /// Runs one command, given as its words, and returns the raw reply.
    pub async fn command(&self, words: &[&str]) -> String {
        let reply = self.converse(words).await;
        reply.unwrap_or_else(|error| panic!("Redis does not answer: {error}"))
    }

    async fn converse(&self, words: &[&str]) -> std::io::Result<String> {
        let mut stream =
            TcpStream::connect((Ipv4Addr::LOCALHOST, self.port())).await?;
        let mut request = String::new();
        let login: &[&str] = match self.wants_password {
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
}

fn fine<T>(outcome: std::io::Result<T>) -> T {
    outcome.unwrap_or_else(|error| panic!("{error}"))
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
