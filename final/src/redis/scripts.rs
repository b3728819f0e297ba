//! Scripts: what Redis runs as one step.

use std::sync::LazyLock;

use redis::Cmd;

/// Begins every script that asks for the time.
pub(crate) const TIME: &str = include_str!("lua/time.lua");

/// A script, and the hash under which the server caches it.
pub(crate) struct Script {
    source: String,
    hash: String,
}

/// Bytes of a command's name and of how many keys it has, at most.
const HEAD: usize = 16;

/// Declares a script whose parts are constants and, last, a file in the folder `lua`.
macro_rules! script {
    ($name:ident: $($part:ident,)* $file:literal) => {
        pub(super) static $name: LazyLock<Script> = LazyLock::new(|| {
            let file = include_str!(concat!("lua/", $file, ".lua"));
            Script::of(&[$($part,)* file])
        });
    };
}
pub(crate) use script;

/// Returns the time of the server that has the key.
pub(crate) static NOW: LazyLock<Script> =
    LazyLock::new(|| Script::of(&[TIME, include_str!("lua/now.lua")]));

impl Script {
    /// The script that consists of these parts.
    pub fn of(parts: &[&str]) -> Self {
        let source = parts.concat();
        let hash = redis::Script::new(&source).get_hash().to_owned();
        Self { source, hash }
    }

    /// The command that runs the script, by its hash.
    pub(super) fn by_hash(&self, keys: &[String], arguments: &[&str]) -> Cmd {
        command("EVALSHA", &self.hash, keys, arguments)
    }

    /// The command that runs the script, by its source.
    pub(super) fn by_source(&self, keys: &[String], arguments: &[&str]) -> Cmd {
        command("EVAL", &self.source, keys, arguments)
    }
}

fn command(name: &str, script: &str, keys: &[String], arguments: &[&str]) -> Cmd {
    // As large as it will be: it would grow many times on the way.
    let parts = keys.iter().map(String::as_str).chain(arguments.iter().copied());
    let bytes = parts.clone().map(str::len).sum::<usize>();
    let bytes = bytes + script.len() + HEAD;
    let mut command = Cmd::with_capacity(parts.count() + 3, bytes);
    command.arg(name).arg(script).arg(keys.len()).arg(keys).arg(arguments);
    command
}
