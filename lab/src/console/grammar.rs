//! All commands, with their usage and a sentence of help.

/// A command as `help` shows it.
#[derive(Debug)]
pub struct Usage {
    /// Its words; those in capitals stand for what the reader chooses.
    pub words: &'static str,
    /// A sentence without its full stop.
    pub help: &'static str,
}

/// All commands, in the order of `help`.
pub const COMMANDS: [Usage; 23] = [
    Usage {
        words: "open NODE [as NAME]",
        help: "opens a session, and calls it s1, s2, … or NAME",
    },
    Usage {
        words: "call NODE SESSION TOOL [ARGUMENT …]",
        help: "calls a tool: call a s1 calculate 100 50 add, or a=100 b=50 op=add, \
               or a JSON object",
    },
    Usage {
        words: "read NODE SESSION URI",
        help: "reads a resource: read a s1 calculator://history",
    },
    Usage { words: "ping NODE SESSION", help: "sends a ping" },
    Usage { words: "close NODE SESSION", help: "ends a session with DELETE" },
    Usage { words: "sessions", help: "lists the sessions with their full IDs" },
    Usage { words: "kill NODE", help: "ends a node immediately, with SIGKILL" },
    Usage { words: "drain NODE", help: "asks a node to end, with SIGTERM" },
    Usage { words: "pause NODE", help: "stops a node; its connections stay open" },
    Usage { words: "resume NODE", help: "lets a paused node continue" },
    Usage { words: "start NODE", help: "starts a node again, on the same address" },
    Usage {
        words: "redis",
        help: "shows what passed between the nodes and Redis since the last `redis`",
    },
    Usage {
        words: "redis stop|start|pause|resume",
        help: "the same faults for Redis, which keeps its data on disk",
    },
    Usage {
        words: "slow redis TIME|off",
        help: "delays each command to Redis: slow redis 200ms",
    },
    Usage {
        words: "balance",
        help: "opens one address for all nodes; in commands it is the node `any`",
    },
    Usage {
        words: "hammer COUNT [NODE …] TOOL ARGUMENT …",
        help: "calls a tool COUNT times, at most 50 calls concurrently: \
               hammer 100 a b calculate 1 2 add",
    },
    Usage {
        words: "hammer COUNT [NODE …] open",
        help: "opens COUNT sessions that no client uses again",
    },
    Usage { words: "wait TIME", help: "lets time pass: wait 2s" },
    Usage { words: "show", help: "prints everything that was recorded so far" },
    Usage { words: "log NODE", help: "prints the last 20 lines of a node's log" },
    Usage {
        words: "save NAME",
        help: "writes the transcript and the diagram of everything so far to files",
    },
    Usage { words: "help [COMMAND]", help: "explains all commands, or one" },
    Usage { words: "quit", help: "ends the lab, its nodes and its Redis" },
];

impl Usage {
    /// The word that it begins with.
    pub fn name(&self) -> &'static str {
        self.words.split(' ').next().unwrap_or_default()
    }
}

/// The usages of one command; none, if there is no such command.
pub fn of(name: &str) -> Vec<&'static Usage> {
    COMMANDS.iter().filter(|usage| usage.name() == name).collect()
}

/// All commands, or the usages of one.
pub fn help(name: Option<&str>) -> Result<String, String> {
    let usages = match name {
        None => COMMANDS.iter().collect(),
        Some(name) => of(name),
    };
    let lines = usages.iter().map(|usage| match name {
        None => format!("{:<38}{}", usage.words, first_part(usage.help)),
        Some(_) => format!("{}\n    {}", usage.words, usage.help),
    });
    let lines: Vec<_> = lines.collect();
    match lines.is_empty() {
        true => Err(unknown(name.unwrap_or_default())),
        false => Ok(lines.join("\n")),
    }
}

/// What the reader is told about a command that does not exist.
pub fn unknown(name: &str) -> String {
    format!("there is no command `{name}`; `help` lists all")
}

/// The help without its example.
fn first_part(help: &str) -> &str {
    help.split(": ").next().unwrap_or(help)
}
