//! A node behind its proxies.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use testkit::{Process, node};

use crate::board::{Board, State};

use super::settings::Settings;
use super::{GLANCE, PATIENCE};

/// A node. Its address is that of its proxy, and survives the process.
#[derive(Debug)]
pub struct Node {
    /// `a`, `b` and so on.
    pub name: String,
    /// The address that clients use.
    pub address: SocketAddr,
    /// The address of its proxy to Redis.
    pub redis_url: Option<String>,
    process: Option<Process>,
}

impl Node {
    /// A node that does not run yet.
    pub fn new(name: &str, address: SocketAddr) -> Self {
        Self { name: name.to_owned(), address, redis_url: None, process: None }
    }

    /// Starts its process, and waits until that listens.
    ///
    /// # Errors
    /// A sentence, if it does not listen.
    pub async fn start(
        &mut self,
        settings: &Settings,
        board: &Board,
    ) -> Result<(), String> {
        let log = self.log(&settings.logs);
        let mut process = Process::start_into(&log, &mut self.command(settings))
            .map_err(|error| error.to_string())?;
        let address = tokio::time::timeout(PATIENCE, listens(&mut process)).await;
        let address = match address {
            Ok(Ok(address)) => address,
            Ok(Err(error)) => {
                return Err(format!("node {} does not start: {error}", self.name));
            }
            Err(_) => return Err(format!("node {} does not listen", self.name)),
        };
        board.set(&self.name, State::Up, Some(address));
        self.process = Some(process);
        Ok(())
    }

    fn command(&self, settings: &Settings) -> Command {
        let mut command = node::command(&settings.program);
        // The proxy has another port than the node.
        command.env("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]");
        if let Some(url) = &self.redis_url {
            command.env("USE_REDIS", "true").env("REDIS_URL", url);
        }
        let environment = settings.environment.iter();
        command.envs(environment.map(|(name, value)| (name, value)));
        command
    }

    /// The file with what its last process has printed.
    pub fn log(&self, logs: &Path) -> PathBuf {
        logs.join(format!("{}.log", self.name))
    }

    /// Its process.
    ///
    /// # Errors
    /// A sentence, if it does not run.
    pub fn process(&mut self) -> Result<&mut Process, String> {
        let none = format!("{} does not run", self.name);
        self.process.as_mut().ok_or(none)
    }

    /// Whether its process has ended since this was asked last.
    pub fn has_ended(&mut self) -> bool {
        let ended = self.process.as_mut().is_some_and(|it| it.exited().is_some());
        if ended {
            self.process = None;
        }
        ended
    }

    /// SIGKILL: ends the process immediately.
    pub fn kill(&mut self) {
        self.process = None;
    }
}

async fn listens(process: &mut Process) -> std::io::Result<SocketAddr> {
    loop {
        if let Some(address) = node::announced(process)? {
            return Ok(address);
        }
        tokio::time::sleep(GLANCE).await;
    }
}
