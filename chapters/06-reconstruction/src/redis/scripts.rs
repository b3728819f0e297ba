//! Scripts, which Redis executes as one step each. Lua and Rust share the names of
//! keys and arguments: a prelude makes them locals of the script.

use redis::{Cmd, ToRedisArgs};

/// A script, and the hash under which the server caches it.
pub(crate) struct Script {
    pub(super) source: String,
    pub(super) hash: String,
}

/// A piece of Lua at the beginning or in the middle of scripts, and the names that
/// it uses. Its keys and arguments follow those of the parts before it.
#[derive(Clone, Default)]
pub(crate) struct Part {
    /// Names and, as Lua, values that are the same in every run.
    pub constants: Vec<(&'static str, String)>,
    pub keys: &'static [&'static str],
    pub arguments: &'static [&'static str],
    /// Arguments of any length, each behind its length; only a last part has some.
    pub lists: &'static [&'static str],
    pub source: &'static str,
}

/// Gives a script the time of the server.
pub(crate) const TIME: Part = Part::new(include_str!("lua/time.lua"));

/// The arguments of a script that takes none.
pub(crate) const NO_ARGUMENTS: &[&str] = &[];

impl Part {
    /// Creates a part without keys and arguments.
    pub const fn new(source: &'static str) -> Self {
        Self {
            constants: Vec::new(),
            keys: &[],
            arguments: &[],
            lists: &[],
            source,
        }
    }

    /// Declares locals with the names of the part; counts the keys and arguments
    /// before it.
    fn prelude(&self, keys: &mut usize, arguments: &mut usize) -> String {
        let mut lines = Vec::new();
        for (name, value) in &self.constants {
            lines.push(format!("local {name} = {value}\n"));
        }
        for name in self.keys {
            *keys += 1;
            lines.push(format!("local {name} = KEYS[{keys}]\n"));
        }
        for name in self.arguments {
            *arguments += 1;
            lines.push(format!("local {name} = ARGV[{arguments}]\n"));
        }
        if !self.lists.is_empty() {
            lines.push(format!("local list_at = {}\n", *arguments + 1));
        }
        for name in self.lists {
            let list = "{ unpack(ARGV, list_at + 1, list_at + ARGV[list_at]) }";
            let next = "list_at = list_at + 1 + ARGV[list_at]";
            lines.push(format!("local {name} = {list}\n{next}\n"));
        }
        lines.concat()
    }
}

impl Script {
    /// Joins parts into a script.
    pub fn of(parts: &[Part]) -> Self {
        let (mut source, mut keys, mut arguments) = (String::new(), 0, 0);
        for part in parts {
            source += &part.prelude(&mut keys, &mut arguments);
            source += part.source;
        }
        let hash = redis::Script::new(&source).get_hash().to_owned();
        Self { source, hash }
    }
}

/// Returns the command that runs a script: `EVALSHA` by its hash, or `EVAL` by its
/// source.
pub(super) fn evaluate(
    name: &str,
    script: &str,
    keys: &impl ToRedisArgs,
    arguments: &impl ToRedisArgs,
) -> Cmd {
    let mut command = redis::cmd(name);
    command.arg(script).arg(keys.num_of_args()).arg(keys).arg(arguments);
    command
}

/// Declares the arguments of scripts by name; lists follow a semicolon.
macro_rules! arguments {
    (
        $(#[$doc:meta])*
        $visibility:vis struct $Arguments:ident(
            $($argument:ident),* $(; $($list:ident),*)?
        )
    ) => {
        $(#[$doc])*
        $visibility struct $Arguments<'a> {
            $($visibility $argument: &'a str,)*
            $($($visibility $list: &'a [&'a str],)*)?
        }

        impl $Arguments<'_> {
            $visibility const NAMES: &'static [&'static str] =
                &[$(stringify!($argument)),*];
            $visibility const LISTS: &'static [&'static str] =
                &[$($(stringify!($list)),*)?];
        }

        impl ::redis::ToRedisArgs for $Arguments<'_> {
            fn write_redis_args<W: ?Sized + ::redis::RedisWrite>(
                &self,
                out: &mut W,
            ) {
                $(out.write_arg(self.$argument.as_bytes());)*
                $($(
                    out.write_arg_fmt(self.$list.len());
                    self.$list.write_redis_args(out);
                )*)?
            }
        }
    };
}
pub(crate) use arguments;

/// Declares scripts with a common beginning. `name[keys]: Arguments(names)` has its
/// source in the file `lua/name.lua`; keys and arguments are left out if it has none.
macro_rules! scripts {
    (
        $(#[$doc:meta])*
        $visibility:vis struct $Scripts:ident {
            $($script:ident $([$($key:ident),*])?
                $(: $Arguments:ident $names:tt)?,)*
        }
    ) => {
        $(#[$doc])*
        $visibility struct $Scripts {
            $($visibility $script: $crate::redis::Script,)*
        }

        impl $Scripts {
            /// Builds the scripts, each behind these parts.
            $visibility fn behind(common: &[$crate::redis::Part]) -> Self {
                let script = |own: $crate::redis::Part| {
                    $crate::redis::Script::of(&[common, &[own]].concat())
                };
                Self {
                    $($script: script($crate::redis::Part {
                        $(keys: &[$(stringify!($key)),*],)?
                        $(
                            arguments: $Arguments::NAMES,
                            lists: $Arguments::LISTS,
                        )?
                        ..$crate::redis::Part::new(include_str!(concat!(
                            "lua/", stringify!($script), ".lua"
                        )))
                    }),)*
                }
            }
        }

        $($($crate::redis::arguments! {
            $visibility struct $Arguments $names
        })?)*
    };
}
pub(crate) use scripts;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prelude_gives_what_is_passed_the_names_of_each_part() {
        let first = Part {
            constants: vec![("limit", "7".to_owned())],
            keys: &["record"],
            arguments: &["node"],
            ..Part::new("-- first\n")
        };
        let second = Part {
            keys: &["totals"],
            arguments: &["requests"],
            lists: &["uris", "entries"],
            ..Part::new("-- second\n")
        };
        let locals: Vec<String> = Script::of(&[first, second])
            .source
            .lines()
            .filter(|line| line.starts_with("local ") || line.starts_with("--"))
            .map(str::to_owned)
            .collect();
        let expected = [
            "local limit = 7",
            "local record = KEYS[1]",
            "local node = ARGV[1]",
            "-- first",
            "local totals = KEYS[2]",
            "local requests = ARGV[2]",
            "local list_at = 3",
            "local uris = { unpack(ARGV, list_at + 1, list_at + ARGV[list_at]) }",
            "local entries = { unpack(ARGV, list_at + 1, list_at + ARGV[list_at]) }",
            "-- second",
        ];
        assert_eq!(locals, expected);
    }
}
