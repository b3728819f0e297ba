//! What the reader looks at: the record, sessions, logs.

use std::fs;

use lab::recorder::record::Entry;
use lab::recorder::{REDIS, page};

use super::{Bench, Printed};

/// How many lines of a log are shown.
const LAST_LINES: usize = 20;

impl Bench {
    /// What passed between nodes and Redis since this was asked last.
    pub(super) fn show_redis(&mut self) -> Printed {
        self.redis()?;
        let mut entries = self.recorder.told_since(self.unshown);
        self.unshown = self.recorder.next_place();
        entries.retain(|entry| entry.who.iter().any(|name| name == REDIS));
        match entries.is_empty() {
            true => Ok("no command since the last `redis`".into()),
            false => Ok(entries.iter().map(with_node).collect()),
        }
    }

    /// The sessions with their full ids, for other clients.
    pub(super) fn list_sessions(&self) -> String {
        let sessions = self.recorder.sessions();
        let lines = sessions.iter().map(|(name, id)| format!("{name:<8}{id}"));
        let lines: Vec<_> = lines.collect();
        match lines.is_empty() {
            true => "no session was opened".into(),
            false => lines.join("\n"),
        }
    }

    /// The last lines of what a node has printed.
    pub(super) fn log(&mut self, name: &str) -> Printed {
        let logs = self.settings.logs.clone();
        let text = fs::read_to_string(self.node(name)?.log(&logs));
        let text = text.map_err(|error| format!("no log of {name}: {error}"))?;
        let lines: Vec<&str> = text.lines().collect();
        Ok(lines[lines.len().saturating_sub(LAST_LINES)..].join("\n"))
    }

    /// Writes the transcript and the diagram of everything so far.
    pub(super) fn save(&self, name: &str) -> Printed {
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return Err("a name has letters, digits and hyphens".into());
        }
        let folder = &self.settings.saved;
        let write = |ending: &str, text: String| {
            let path = folder.join(format!("{name}.{ending}"));
            let written =
                fs::create_dir_all(folder).and_then(|()| fs::write(&path, text));
            let here = std::env::current_dir().unwrap_or_default();
            let path = path.strip_prefix(here).unwrap_or(&path).display();
            written.map_err(|error| format!("cannot write {path}: {error}"))?;
            Ok::<_, String>(path.to_string())
        };
        let transcript = write("txt", self.recorder.transcript())?;
        let diagram = write("mmd", self.recorder.sequence())?;
        Ok(format!("{transcript}\n{diagram}"))
    }
}

/// A message between a node and Redis, each line with the name of the node.
fn with_node(entry: &Entry) -> String {
    let node = entry.who.iter().find(|name| *name != REDIS);
    let text = page::text(std::slice::from_ref(entry), true);
    let lines = text.lines().map(|line| match node {
        Some(node) => format!("{node} {line}\n"),
        None => format!("{line}\n"),
    });
    lines.collect()
}
