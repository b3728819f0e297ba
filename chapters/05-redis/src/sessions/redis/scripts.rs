//! Scripts: every change of a session is one of them, and so is atomic.

use std::sync::LazyLock;

use redis::{ErrorKind, FromRedisValue, RedisResult, ServerErrorKind, cmd};

use super::connection::Connection;

/// A script and the name by which the server keeps it.
pub(crate) struct Script {
    source: String,
    hash: String,
}

/// One source that begins with what its kind of script has in common.
macro_rules! script {
    ($name:ident: $($file:literal),*) => {
        pub(super) static $name: LazyLock<Script> = LazyLock::new(|| {
            Script::of(&[$(include_str!(concat!("lua/", $file, ".lua"))),*])
        });
    };
}

script!(CREATE: "time", "create");
script!(ENTER: "time", "session", "enter");
script!(APPEND: "time", "session", "append");
script!(TERMINATE: "time", "session", "terminate");
script!(ALIVE: "time", "alive");
script!(SWEEP: "time", "sweep");

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
        let call = |name, script: &str| {
            let mut call = cmd(name);
            call.arg(script).arg(keys.len()).arg(keys).arg(arguments);
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
