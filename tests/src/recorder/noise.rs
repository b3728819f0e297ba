//! What is left out of a record. All of it still passes the proxies and can be
//! held, cut and delayed; it is only not written down. The rule:
//!
//! 1. HTTP: requests to other paths than `/mcp` (health, metrics) and the answers
//!    to them; comments in event streams, which keep connections alive.
//! 2. Redis: what keeps a connection (`PING`, `HELLO`, `SUBSCRIBE` and the like);
//!    sending a script by its hash when Redis does not have it yet (the same script
//!    follows with its source); and every command whose first key has no braces:
//!    those belong to the deployment (leases, index, totals), not to a session, and
//!    are written on a clock's beat or beside the session's own. A story that is
//!    about one of them says so.
//! 3. Scripts for which nothing waits, so that their place in the order means
//!    nothing: the audit trail, which is written behind the answer; the reader of an
//!    open stream, which looks into the log whenever something may be there (what
//!    it finds is the event that follows); an answered question that is tidied away.

use super::record::{Command, What};

/// Commands without a key that a story is about.
const TOLD: [&str; 4] = ["MULTI", "EXEC", "DISCARD", "PUBLISH"];

/// Scripts that are written beside the conversation.
const BESIDE: [&str; 3] = ["audit.lua", "read.lua", "withdraw.lua"];

/// Whether this is left out, in a story that is also about these keys.
pub fn is_noise(what: &What, told_keys: &[String]) -> bool {
    match what {
        What::Request { line: asked, .. } | What::Response { asked, .. } => {
            !asked.ends_with("/mcp")
        }
        What::Command(command) | What::Reply(command, _) => {
            is_beside(command, told_keys)
        }
        What::Held(held) => is_noise(held, told_keys),
        _ => false,
    }
}

fn is_beside(command: &Command, told_keys: &[String]) -> bool {
    let of_session = command
        .keys
        .first()
        .is_some_and(|key| key.contains('{') || told_keys.contains(key));
    let told = TOLD.contains(&command.name.as_str());
    !(of_session || told) || BESIDE.contains(&command.name.as_str())
}
