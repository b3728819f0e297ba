//! Scripts: what Redis runs as one step.

use redis::{ErrorKind, FromRedisValue, RedisResult, ServerErrorKind, cmd};

use super::Connection;

/// Begins every script.
const TIME: &str = include_str!("lua/time.lua");

/// A script, and the hash under which the server caches it.
pub(crate) struct Script {
    source: String,
    hash: String,
}

/// Declares a script whose source is in these files of the folder `lua`.
macro_rules! script {
    ($name:ident: $($file:literal),*) => {
        pub(super) static $name: LazyLock<Script> = LazyLock::new(|| {
            Script::of(&[$(include_str!(concat!("lua/", $file, ".lua"))),*])
        });
    };
}
pub(crate) use script;

impl Script {
    /// The script that consists of these parts, after what all begin with.
    pub fn of(parts: &[&str]) -> Self {
        let source = TIME.to_owned() + &parts.concat();
        let hash = redis::Script::new(&source).get_hash().to_owned();
        Self { source, hash }
    }

    /// Runs the script. If the server does not know the hash, it has run nothing;
    /// then the source is sent.
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
