//! What is left out of a record. All of it still passes the proxies and can be
//! held, cut and delayed; it is only not written down. The rule:
//!
//! 1. HTTP: requests to other paths than `/mcp` (health, metrics) and the answers
//!    to them; comments in event streams, which keep connections alive.
//! 2. Redis: announcements to all nodes, which are gathered for a while; what keeps a
//!    connection (`PING`, `HELLO`, `SUBSCRIBE` and the like); sending a script by its
//!    hash when Redis does not have it yet (the same script
//!    follows with its source); and every command whose first key has no braces:
//!    those belong to the deployment (leases, index, totals), not to a session, and
//!    are written on a clock's beat or beside the session's own. A story that is
//!    about one of them says so.
//! 3. Scripts for which nothing waits, so that their place in the order means
//!    nothing: the audit trail, which is written behind the answer; the reader of an
//!    open stream, which looks into the log whenever something may be there (what
//!    it finds is the event that follows); an answered question that is tidied away.
//! 4. A message to a session that does not want it: whether a node asks depends on how
//!    long ago it has looked. One that is wanted is told with its reply.

use super::record::{Command, What};
use super::resp::Value;
use crate::names::has_id;

/// Commands without a key that a story is about.
const TOLD: [&str; 3] = ["MULTI", "EXEC", "DISCARD"];

/// The hash tag of the index of all sessions.
const INDEX: &str = "{index}";

/// Scripts that are written beside the conversation.
const BESIDE: [&str; 3] =
    ["append_audit.lua", "read_page.lua", "withdraw_question.lua"];

/// The script that says something to a session, if it is subscribed to that.
const ANNOUNCES: &str = "send_to_get_stream.lua";

/// Whether a command is worth a word only if its reply says so.
pub fn waits_for_reply(command: &Command) -> bool {
    command.name == ANNOUNCES
}

/// Whether a reply shows that nothing was done.
pub fn did_nothing(command: &Command, reply: &Value) -> bool {
    let nothing = Value::Text("0".to_owned());
    match reply {
        Value::List(values) => {
            command.name == ANNOUNCES && values.last() == Some(&nothing)
        }
        _ => false,
    }
}

/// Whether this is left out, in a story that is also about these keys.
pub fn is_noise(what: &What, told_keys: &[String]) -> bool {
    match what {
        What::Request { line: asked, .. } | What::Response { asked, .. } => {
            !asked.ends_with("/mcp")
        }
        What::Command(command) => {
            is_beside(command, told_keys) || waits_for_reply(command)
        }
        What::Reply(command, _) => is_beside(command, told_keys),
        What::Pushed { channel, .. } => !has_id(channel),
        What::Held(what) | What::Refused(what) => is_noise(what, told_keys),
        _ => false,
    }
}

/// The index of all sessions has braces, too: what probes it writes beside it.
fn is_of_session(key: &str) -> bool {
    key.contains('{') && !key.contains(INDEX)
}

fn is_beside(command: &Command, told_keys: &[String]) -> bool {
    if command.name == "PUBLISH" {
        return !command.keys.first().is_some_and(|channel| has_id(channel));
    }
    let of_session = command
        .keys
        .first()
        .is_some_and(|key| is_of_session(key) || told_keys.contains(key));
    let told = TOLD.contains(&command.name.as_str());
    !(of_session || told) || BESIDE.contains(&command.name.as_str())
}
