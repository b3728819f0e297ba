//! The resources: their list, their contents, and the announcement of changes.

mod contents;

use super::history;
use crate::protocol::caching::CacheHint;
use crate::protocol::resources::{Resource, ResourceTemplate};
use crate::protocol::version::Era;
use crate::service::{Context, ServiceError, Subject};
use crate::sessions::SessionInit;

pub use self::contents::{constants, help, info, read, stats};

const CONSTANTS: &str = "calculator://constants";
pub(super) const STATS: &str = "calculator://stats";
const LIBRARY: &str = "formulas://library";
const HELP: &str = "calculator://help";
const EVENTS: &str = "session://events";
const HISTORY: &str = "calculator://history";
const HISTORY_TEMPLATE: &str = "calculator://history/{calculationId}";

/// The prefix of a tape's resources. A session's resources have other URIs, because
/// the URI in a request of the stateless era must name the tape.
const TAPES: &str = "calculator://tapes/";
const TAPE_TEMPLATE: &str = "calculator://tapes/{tape_id}/history/{calculationId}";

const JSON: &str = "application/json";

/// The time for which the statistics are fresh, which is also the time for which
/// changes are collected.
const STATS_TTL_MS: u64 = 1000;

/// Returns the URI of the history of a session or tape.
pub(super) fn history_uri(opened: &SessionInit) -> String {
    match &opened.id {
        id if id.is_tape() => format!("{TAPES}{id}/history"),
        _ => HISTORY.to_owned(),
    }
}

/// Returns the URI of the information about a session or tape.
pub(super) fn info_uri(opened: &SessionInit) -> String {
    match &opened.id {
        id if id.is_tape() => format!("{TAPES}{id}/info"),
        id => format!("session://info/{id}"),
    }
}

/// Returns the resources of a tape whose changes are announced, which includes the
/// end of the tape.
pub(super) fn of_tape(id: &str) -> Vec<String> {
    ["history", "info"].map(|part| format!("{TAPES}{id}/{part}")).into()
}

/// A resource as it is listed: uri, name, title, description.
type Row<'a> = (&'a str, &'a str, &'a str, &'a str);

/// The resources that every client can read.
const PUBLIC: [Row<'_>; 4] = [
    (CONSTANTS, "constants", "Constants", "π, e, √2, ln 2 and ln 10."),
    (
        STATS,
        "stats",
        "Statistics",
        "Calculations by operation and open sessions, of all nodes.",
    ),
    (
        LIBRARY,
        "formulas",
        "Formulas",
        "Well-known formulas and what their letters mean.",
    ),
    (HELP, "help", "Help", "Every tool with its arguments and examples of calls."),
];

/// Returns the resources that every client can read, and those of the session.
pub(super) fn list(
    session: Option<&SessionInit>,
    has_audit_trail: bool,
) -> Vec<Resource> {
    let mut rows = PUBLIC.to_vec();
    let info_uri = session.map(info_uri);
    if let Some(uri) = &info_uri {
        let info = "When this session began and what it has done since.";
        let history = "The last 50 calculations of this session, newest last.";
        let events = "What this session asked and was answered, newest last.";
        rows.push((uri, "session-info", "Session", info));
        rows.push((HISTORY, "history", "History", history));
        if has_audit_trail {
            rows.push((EVENTS, "session-events", "Audit trail", events));
        }
    }
    let resource = |(uri, name, title, description): Row<'_>| Resource {
        uri: uri.into(),
        name: name.into(),
        title: Some(title.into()),
        description: Some(description.into()),
        mime_type: Some(JSON.into()),
    };
    rows.into_iter().map(resource).collect()
}

/// The families of a session: uri, name, description.
const OF_SESSION: [(&str, &str, &str); 1] =
    [(HISTORY_TEMPLATE, "calculation", "A calculation, by its id.")];

/// The families of tapes, the audit trail last.
const OF_TAPES: [(&str, &str, &str); 4] = [
    (
        "calculator://tapes/{tape_id}/history",
        "tape-history",
        "The last 50 calculations on a tape, newest last.",
    ),
    (TAPE_TEMPLATE, "tape-calculation", "A calculation, by its id."),
    (
        "calculator://tapes/{tape_id}/info",
        "tape-info",
        "When a tape was opened and what was done with it since.",
    ),
    (
        "calculator://tapes/{tape_id}/events",
        "tape-events",
        "What was asked and answered about a tape, newest last.",
    ),
];

/// Returns the resource templates of an era.
pub(super) fn templates(era: Era, has_audit_trail: bool) -> Vec<ResourceTemplate> {
    let rows = match era {
        Era::Stateful(_) => &OF_SESSION[..],
        Era::Stateless if has_audit_trail => &OF_TAPES,
        Era::Stateless => &OF_TAPES[..OF_TAPES.len() - 1],
    };
    let template =
        |(uri, name, description): &(&str, &str, &str)| ResourceTemplate {
            uri_template: (*uri).into(),
            name: (*name).into(),
            title: None,
            description: Some((*description).into()),
            mime_type: Some(JSON.into()),
        };
    rows.iter().map(template).collect()
}

/// Proposes values for a variable of a template: the ids of recorded calculations.
pub(super) async fn proposals(
    cx: &Context,
    template: &str,
    variable: &str,
    tape: Option<&str>,
) -> Result<Vec<String>, ServiceError> {
    let known = match cx.era() {
        Era::Stateful(_) => HISTORY_TEMPLATE,
        Era::Stateless => TAPE_TEMPLATE,
    };
    if template != known || variable != "calculationId" {
        let rule = "there is no such resource template or variable";
        return Err(ServiceError::InvalidParams(rule.into()));
    }
    match cx.state(tape).await? {
        Some(state) => Ok(history::newest_ids(&state.read_history().await?)),
        // Nothing can be proposed before the tape is known.
        None => Ok(Vec::new()),
    }
}

/// Returns the subject of a resource whose changes are announced. Other resources
/// never change, or change only because they are read.
pub(super) fn subject(session: Option<&SessionInit>, uri: &str) -> Option<Subject> {
    match session {
        _ if uri == STATS => Some(Subject::Caller),
        Some(session) => {
            let is_own = uri == HISTORY || uri == info_uri(session);
            is_own.then_some(Subject::Caller)
        }
        None => {
            let (tape, part) = on_tape(uri)?;
            let changes = part == "history" || part == "info";
            changes.then(|| Subject::Tape(tape.to_owned()))
        }
    }
}

/// Returns how long a client may cache a resource.
pub(super) fn cache_hint(uri: &str) -> CacheHint {
    match uri {
        CONSTANTS | LIBRARY | HELP => CacheHint::OF_RELEASE,
        STATS => CacheHint::public(STATS_TTL_MS),
        _ => CacheHint::NONE,
    }
}

/// Splits a URI into the ID of a tape and the part of the tape.
fn on_tape(uri: &str) -> Option<(&str, &str)> {
    uri.strip_prefix(TAPES)?.split_once('/')
}
