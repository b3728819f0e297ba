//! A server of this workspace, as the checks need it.

use std::path::Path;

use testkit::{Node, RedisServer, node};

use crate::Error;

/// Starts `program`, with shared storage if `redis` is given. What it prints replaces
/// the file `log`.
pub fn start(
    program: &Path,
    redis: Option<&RedisServer>,
    log: &Path,
) -> Result<Node, Error> {
    let mut command = node::command(program);
    // Without a port any port is accepted: a load balancer has another one.
    command.env("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]");
    if let Some(redis) = redis {
        command.env("USE_REDIS", "true").env("REDIS_URL", redis.url());
    }
    Ok(Node::start(&mut command, log)?)
}
