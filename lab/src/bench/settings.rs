//! What the bench is made of.

use std::path::PathBuf;

/// The programs, and how they are started.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The server.
    pub program: PathBuf,
    /// How many nodes run it.
    pub nodes: u8,
    /// Whether they share a Redis.
    pub has_redis: bool,
    /// Folders with Lua scripts, to name these in the record.
    pub scripts: Vec<PathBuf>,
    /// Environment variables of the nodes.
    pub environment: Vec<(String, String)>,
    /// Where logs are written.
    pub logs: PathBuf,
    /// Where `save` writes.
    pub saved: PathBuf,
}
