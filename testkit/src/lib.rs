//! Programs that tests, labs and benchmarks start.
//!
//! | module | what it is |
//! |---|---|
//! | [`process`] | a child process: its output is kept, and it ends with its owner |
//! | [`stderr`] | where the standard error of a program goes |
//! | [`ports`] | ports that no program uses |
//! | [`programs`] | where installed programs are, and how to install them |
//! | [`redis`] | a `redis-server`, or three of them as a cluster |
//! | [`haproxy`] | a load balancer with the settings that are shipped |
//! | [`node`] | a server of this repository |
//!
//! Every `start` blocks until the program is ready. Async tests must not block while
//! the program talks to a task of theirs, so `launch` returns immediately, and
//! `is_ready` or [`node::announced`] can be asked again and again.
//!
//! Errors are [`std::io::Error`]s whose text names the program and what it printed.

pub mod haproxy;
pub mod node;
pub mod ports;
pub mod process;
pub mod programs;
pub mod redis;
pub mod stderr;

use std::io::{Error, Result};
use std::thread::sleep;
use std::time::{Duration, Instant};

pub use haproxy::Balancer;
pub use node::Node;
pub use process::Process;
pub use redis::RedisServer;
pub use stderr::Stderr;

/// How long a program may take to become ready. Generous, because the machine may be
/// busy.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How often [`wait_until`] asks. The start of a server is measured with it.
const GLANCE: Duration = Duration::from_micros(200);

/// Blocks until `probe` returns a value.
///
/// # Errors
/// If `probe` fails, or has no value within [`PATIENCE`].
pub fn wait_until<T>(
    what: &str,
    mut probe: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let started = Instant::now();
    loop {
        if let Some(found) = probe()? {
            return Ok(found);
        }
        if started.elapsed() > PATIENCE {
            return Err(Error::other(format!("not within {PATIENCE:?}: {what}")));
        }
        sleep(GLANCE);
    }
}
