//! Scripts: every change of a session is one of them, and so is atomic.

use std::sync::LazyLock;

use redis::{Cmd, ErrorKind, FromRedisValue, RedisResult, ServerErrorKind};

use super::connection::Connection;

/// A script and the name by which the server keeps it.
pub(crate) struct Script {
    source: String,
    hash: String,
}

/// How every script begins that changes a session.
pub(crate) const IN_SESSION: &str =
    concat!(include_str!("lua/time.lua"), include_str!("lua/session.lua"));

/// Bytes of a command's name and of how many keys it has, at most.
const HEAD: usize = 16;

/// One source that begins with what its kind of script has in common.
macro_rules! script {
    ($name:ident: $($file:literal),*) => {
        pub(crate) static $name: LazyLock<Script> = LazyLock::new(|| {
            Script::of(&[$(include_str!(concat!("lua/", $file, ".lua"))),*])
        });
    };
}

script!(CREATE: "time", "create");
script!(ENTER: "time", "session", "enter");
script!(CHANGE: "time", "session", "change");
script!(APPEND: "time", "session", "append");
script!(AUDIT: "time", "session", "audit");
script!(CLEAR: "time", "session", "clear");
script!(TERMINATE: "time", "session", "terminate");
script!(RESERVE: "time", "reserve");
script!(ALIVE: "time", "alive");
script!(PROBE: "probe");
script!(DUE: "time", "due");
script!(NOW: "time", "now");

impl Script {
    /// The script that consists of these parts.
    pub fn of(parts: &[&str]) -> Self {
        let source = parts.concat();
        let hash = redis::Script::new(&source).get_hash().to_owned();
        Self { source, hash }
    }

    /// Runs it. A server that has not seen it yet, or has been restarted, is sent
    /// the source. That is no second attempt: it said that it ran nothing.
    pub async fn run<T: FromRedisValue>(
        &self,
        connection: &Connection,
        keys: &[String],
        arguments: &[&str],
    ) -> RedisResult<T> {
        // As large as it will be: it would grow many times on the way.
        let parts =
            keys.iter().map(String::as_str).chain(arguments.iter().copied());
        let bytes = parts.clone().map(str::len).sum::<usize>();
        let count = parts.count();
        let call = |name: &str, script: &str| {
            let bytes = bytes + script.len() + HEAD;
            let mut call = Cmd::with_capacity(count + 3, bytes);
            call.arg(name).arg(script).arg(keys.len()).arg(keys).arg(arguments);
            call
        };
        let unknown = ErrorKind::Server(ServerErrorKind::NoScript);
        match connection.query(&call("EVALSHA", &self.hash)).await {
            Err(error) if error.kind() == unknown => {
                connection.query(&call("EVAL", &self.source)).await
            }
            answer => answer,
        }
    }
}
