//! The commands of the console.

use std::time::Duration;

/// The node name that stands for the next living node.
pub const ANY: &str = "any";

/// What stands in the place of a session that a request does not name.
pub const NO_SESSION: &str = "-";

/// What the reader asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Open a session.
    Open { node: String, name: Option<String> },
    /// Send a request to a node, in a session.
    Ask { node: String, session: String, request: Request },
    /// List the sessions.
    Sessions,
    /// Do this to a node.
    Node(Fault, String),
    /// Do this to Redis.
    Redis(Fault),
    /// Show what passed between nodes and Redis.
    ShowRedis,
    /// Delay each command to Redis, or no longer.
    Slow(Option<Duration>),
    /// Open one address for all nodes.
    Balance,
    /// Send a request many times, to these nodes or to all.
    Hammer { count: u64, nodes: Vec<String>, work: Work },
    /// Let time pass.
    Wait(Duration),
    /// Show the whole record.
    Show,
    /// Show a node's log.
    Log(String),
    /// Write the record to files.
    Save(String),
    /// Explain all commands, or one.
    Help(Option<String>),
    /// Leave the lab.
    Quit,
}

/// A request of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// `tools/call`
    Call(ToolCall),
    /// `resources/read`
    Read(String),
    /// `ping`
    Ping,
    /// DELETE
    Close,
}

/// A tool, and its arguments as they were typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall {
    pub tool: String,
    pub arguments: String,
}

/// What is done many times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Open a session.
    Open,
    /// Call a tool.
    Call(ToolCall),
}

/// What is done to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// SIGKILL
    Kill,
    /// SIGTERM
    Drain,
    /// SIGSTOP
    Pause,
    /// SIGCONT
    Resume,
    /// Start it again.
    Start,
}
