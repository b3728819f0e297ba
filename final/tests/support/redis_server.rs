//! Real Redis servers on free ports, ended when the test is over.
#![allow(dead_code, reason = "every test file uses its own part of this")]
#![allow(unused_imports, reason = "every test file uses its own part of this")]

use std::ops::{Deref, DerefMut};

pub use testkit::ports::free_port;

/// One `redis-server` that keeps nothing on disk.
pub struct RedisServer(testkit::RedisServer);

impl RedisServer {
    /// A server on a free port of 127.0.0.1.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// A server with more arguments.
    pub fn start_with(arguments: &[&str]) -> Self {
        Self(testkit::RedisServer::start(arguments).expect("a server"))
    }

    /// Three masters that share the slots.
    pub fn start_cluster() -> [Self; 3] {
        testkit::RedisServer::start_cluster().expect("a cluster").map(Self)
    }

    /// The output of one `redis-cli` command.
    pub fn run(&self, arguments: &[&str]) -> String {
        self.0.run(arguments).expect("redis-cli runs")
    }

    /// Starts it again after `kill`, on the same port and empty.
    pub fn restart(&mut self) {
        self.0.relaunch().expect("it starts");
        self.0.await_ready().expect("a server");
    }
}

impl Deref for RedisServer {
    type Target = testkit::RedisServer;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for RedisServer {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}
