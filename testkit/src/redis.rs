//! A Redis that no other program uses.

use std::io::{Error, Result};
use std::process::Command;

use tempfile::TempDir;

use crate::ports::free_port;
use crate::programs::ensure_installed;
use crate::{Process, wait_until};

const PROGRAM: &str = "redis-server";

/// In what every version of Redis and Valkey prints when its data is loaded.
const READY: &str = "eady to accept connections";

/// A `redis-server` process on a port of its own. Dropping it kills it and removes its
/// data.
#[derive(Debug)]
pub struct RedisServer {
    port: u16,
    folder: TempDir,
    settings: Vec<String>,
    process: Process,
}

impl RedisServer {
    /// Starts one that keeps nothing on disk. `settings` are command-line arguments,
    /// for example `["--appendonly", "yes"]`.
    ///
    /// # Errors
    /// If it does not become ready.
    pub fn start(settings: &[&str]) -> Result<Self> {
        let mut server = Self::launch(settings)?;
        server.await_ready()?;
        Ok(server)
    }

    /// Starts one without waiting until it is ready.
    ///
    /// # Errors
    /// If it cannot be installed or run.
    pub fn launch(settings: &[&str]) -> Result<Self> {
        ensure_installed(PROGRAM)?;
        let (port, folder) = (free_port(), TempDir::new()?);
        let settings: Vec<String> =
            settings.iter().map(ToString::to_string).collect();
        let process = spawn(port, &folder, &settings)?;
        Ok(Self { port, folder, settings, process })
    }

    /// Starts three servers that share the keys, and waits until they do.
    ///
    /// # Errors
    /// If they do not become a cluster.
    pub fn start_cluster() -> Result<[Self; 3]> {
        let start = || Self::start(&["--cluster-enabled", "yes"]);
        let servers = [start()?, start()?, start()?];
        let mut create = Command::new("redis-cli");
        create.args(["--cluster", "create"]);
        create.args(
            servers.iter().map(|server| format!("127.0.0.1:{}", server.port)),
        );
        create.args(["--cluster-replicas", "0", "--cluster-yes"]);
        let created = create.output()?;
        if !created.status.success() {
            let printed = String::from_utf8_lossy(&created.stdout);
            return Err(Error::other(format!("no cluster: {printed}")));
        }
        for server in &servers {
            wait_until("the cluster is complete", || {
                let info = server.run(&["CLUSTER", "INFO"])?;
                Ok(info.contains("cluster_state:ok").then_some(()))
            })?;
        }
        Ok(servers)
    }

    /// Returns `true` once it serves requests.
    ///
    /// # Errors
    /// If it has ended.
    pub fn is_ready(&mut self) -> Result<bool> {
        Ok(self.process.printed(READY)?.is_some())
    }

    /// Blocks until it serves requests.
    ///
    /// # Errors
    /// If it does not become ready.
    pub fn await_ready(&mut self) -> Result<()> {
        let process = &mut self.process;
        wait_until("redis-server is ready", || process.printed(READY)).map(drop)
    }

    /// The value for `REDIS_URL`, without credentials.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Runs one command, given as its words, and returns what `redis-cli` prints.
    ///
    /// # Errors
    /// If there is no `redis-cli`.
    pub fn run(&self, words: &[&str]) -> Result<String> {
        let mut client = Command::new("redis-cli");
        client.args(["-p", &self.port.to_string()]).args(words);
        let output = client.output()?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// The process itself.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// SIGKILL: connections break, new ones are refused.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// SIGSTOP: connections stay open, and it answers nothing.
    pub fn pause(&self) {
        self.process.pause();
    }

    /// SIGCONT: continues after [`pause`](Self::pause).
    pub fn resume(&self) {
        self.process.resume();
    }

    /// Removes what it has on disk. A [`relaunch`](Self::relaunch) follows.
    ///
    /// # Errors
    /// If there is no space for a new folder.
    pub fn remove_data(&mut self) -> Result<()> {
        self.process.kill();
        self.folder = TempDir::new()?;
        Ok(())
    }

    /// Starts it again on the same port with what it has on disk, without waiting
    /// until it is ready.
    ///
    /// # Errors
    /// If it cannot be run.
    pub fn relaunch(&mut self) -> Result<()> {
        self.process.kill();
        self.process = spawn(self.port, &self.folder, &self.settings)?;
        Ok(())
    }
}

fn spawn(port: u16, folder: &TempDir, settings: &[String]) -> Result<Process> {
    let mut command = Command::new(PROGRAM);
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string()]);
    command.args(["--save", "", "--appendonly", "no"]);
    command.arg("--dir").arg(folder.path()).args(settings);
    Process::start(&mut command)
}

#[cfg(test)]
mod tests {
    use super::RedisServer;

    #[test]
    fn a_restart_keeps_what_is_on_disk_unless_that_is_removed() {
        let mut redis =
            RedisServer::start(&["--appendonly", "yes"]).expect("ready");
        redis.run(&["SET", "key", "value"]).expect("it is set");
        redis.relaunch().expect("a new process");
        redis.await_ready().expect("ready");
        assert_eq!(redis.run(&["GET", "key"]).expect("it is read"), "value");
        redis.remove_data().expect("a new folder");
        redis.relaunch().expect("a new process");
        redis.await_ready().expect("ready");
        assert_eq!(redis.run(&["EXISTS", "key"]).expect("it is asked"), "0");
    }
}
