//! One redis-server of our own, and installing it where it is missing.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::process::{self, Running};
use crate::{Error, workspace};

const PROGRAM: &str = "redis-server";

/// A Redis that nobody else uses, for as long as this value lives.
pub struct Redis {
    _server: Running,
    port: u16,
}

impl Redis {
    /// Starts one on a free port. Nothing is written to disk but its log.
    pub fn start(folder: &Path) -> Result<Self, Error> {
        ensure_installed()?;
        // The port may be taken between the look and the start: try again.
        for _ in 0..3 {
            let port = free_port()?;
            let mut command = Command::new(PROGRAM);
            command.args(["--bind", "127.0.0.1", "--port", &port.to_string()]);
            command.args(["--save", "", "--appendonly", "no"]);
            command.current_dir(folder);
            let log = folder.join("redis.log");
            let mut server = Running::start(&mut command, &log)?;
            if answers(&mut server, port) {
                return Ok(Self { _server: server, port });
            }
        }
        Err(format!("{PROGRAM} did not start").into())
    }

    /// What a node needs to find it.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// How many scripts it was asked to run. A node that quietly kept its
    /// sessions to itself would pass a test on one node; this shows it.
    pub fn scripts_run(&self) -> Result<u64, Error> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"INFO commandstats\r\nQUIT\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text.lines().filter_map(calls_of_script).sum())
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

fn free_port() -> Result<u16, Error> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

fn answers(server: &mut Running, port: u16) -> bool {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(10) && !server.has_ended() {
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return true;
        }
        thread::sleep(Duration::from_millis(20));
    }
    false
}

/// Finds redis-server, or installs it from Debian.
///
/// # Errors
/// Where Debian's `apt-get` does not exist: names what the reader can type.
pub fn ensure_installed() -> Result<PathBuf, Error> {
    if let Some(file) = process::find(PROGRAM) {
        return Ok(file);
    }
    if process::find("apt-get").is_none() {
        return Err(format!(
            "{PROGRAM} is missing, and this machine has no apt-get. Install it \
             first: `brew install redis` on macOS, `dnf install redis` on \
             Fedora, or see https://redis.io/docs/latest/operate/oss_and_stack/"
        )
        .into());
    }
    println!("installing {PROGRAM} from Debian");
    apt_get(&["update", "-qq"])?;
    apt_get(&["install", "-y", "-qq", "--no-install-recommends", PROGRAM])?;
    process::find(PROGRAM)
        .ok_or_else(|| format!("{PROGRAM} is still missing after apt-get").into())
}

fn apt_get(arguments: &[&str]) -> Result<(), Error> {
    let mut command = if is_root()? {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["--non-interactive", "apt-get"]);
        sudo
    };
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    command.current_dir(workspace::root());
    if process::succeeds(&mut command)? {
        return Ok(());
    }
    Err(format!("`apt-get {}` failed; try it by hand", arguments.join(" ")).into())
}

fn is_root() -> Result<bool, Error> {
    let output = Command::new("id").arg("-u").output()?;
    Ok(output.stdout.trim_ascii() == b"0")
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
