//! What can be read, and what is found there.

use std::f64::consts;

use serde_json::{Value, json};

use super::formulas;
use super::history::{self, CalculationId};
use crate::protocol::caching::CacheHint;
use crate::protocol::content::{ResourceBody, ResourceContents};
use crate::protocol::resources::{Resource, ResourceTemplate};
use crate::protocol::tools::Tool;
use crate::protocol::version::Era;
use crate::protocol::{RawJson, to_raw};
use crate::service::{Context, ServiceError, State, Subject};
use crate::sessions::clock::millis;
use crate::sessions::{SessionInit, SessionRecord, Timestamp, Totals};

const CONSTANTS: &str = "calculator://constants";
pub(super) const STATS: &str = "calculator://stats";
const LIBRARY: &str = "formulas://library";
const HELP: &str = "calculator://help";
const EVENTS: &str = "session://events";
const HISTORY: &str = "calculator://history";
const HISTORY_TEMPLATE: &str = "calculator://history/{calculationId}";

/// What a tape has, by names that a session's resources do not have, because a
/// request of the stateless era has to say which tape it means.
const TAPES: &str = "calculator://tapes/";
const TAPE_TEMPLATE: &str = "calculator://tapes/{tape_id}/history/{calculationId}";

const JSON: &str = "application/json";

/// For how long the statistics are fresh: changes are gathered as long.
const STATS_TTL_MS: u64 = 1000;

/// Where the calculations of a session or tape are.
pub(super) fn history_uri(opened: &SessionInit) -> String {
    match &opened.id {
        id if id.is_tape() => format!("{TAPES}{id}/history"),
        _ => HISTORY.to_owned(),
    }
}

/// Where a session or tape tells about itself.
pub(super) fn info_uri(opened: &SessionInit) -> String {
    match &opened.id {
        id if id.is_tape() => format!("{TAPES}{id}/info"),
        id => format!("session://info/{id}"),
    }
}

/// What listeners of a tape hear of, also when it is closed.
pub(super) fn of_tape(id: &str) -> Vec<String> {
    ["history", "info"].map(|part| format!("{TAPES}{id}/{part}")).into()
}

/// What can be read: what everybody can, and what belongs to the session.
pub(super) fn list(
    session: Option<&SessionInit>,
    has_audit_trail: bool,
) -> Vec<Resource> {
    let stats = "Calculations by operation and open sessions, of all nodes.";
    let formulas = "Well-known formulas and what their letters mean.";
    let help = "Every tool with its arguments and examples of calls.";
    let mut listed = vec![
        resource(CONSTANTS, "constants", "Constants", "π, e, √2, ln 2 and ln 10."),
        resource(STATS, "stats", "Statistics", stats),
        resource(LIBRARY, "formulas", "Formulas", formulas),
        resource(HELP, "help", "Help", help),
    ];
    if let Some(session) = session {
        let info = "When this session began and what it has done since.";
        let uri = info_uri(session);
        listed.push(resource(&uri, "session-info", "Session", info));
        let history = "The last 50 calculations of this session, newest last.";
        listed.push(resource(HISTORY, "history", "History", history));
        if has_audit_trail {
            let events = "What this session asked and was answered, newest last.";
            listed.push(resource(EVENTS, "session-events", "Audit trail", events));
        }
    }
    listed
}

fn resource(uri: &str, name: &str, title: &str, description: &str) -> Resource {
    Resource {
        uri: uri.into(),
        name: name.into(),
        title: Some(title.into()),
        description: Some(description.into()),
        mime_type: Some(JSON.into()),
    }
}

/// The families of resources.
pub(super) fn templates(era: Era, has_audit_trail: bool) -> Vec<ResourceTemplate> {
    let one = "A calculation, by its id.";
    let Era::Stateless = era else {
        return vec![template(HISTORY_TEMPLATE, "calculation", one)];
    };
    let history = "The last 50 calculations on a tape, newest last.";
    let info = "When a tape was opened and what was done with it since.";
    let mut listed = vec![
        template("calculator://tapes/{tape_id}/history", "tape-history", history),
        template(TAPE_TEMPLATE, "tape-calculation", one),
        template("calculator://tapes/{tape_id}/info", "tape-info", info),
    ];
    if has_audit_trail {
        let events = "What was asked and answered about a tape, newest last.";
        let uri = "calculator://tapes/{tape_id}/events";
        listed.push(template(uri, "tape-events", events));
    }
    listed
}

fn template(uri: &str, name: &str, description: &str) -> ResourceTemplate {
    ResourceTemplate {
        uri_template: uri.into(),
        name: name.into(),
        title: None,
        description: Some(description.into()),
        mime_type: Some(JSON.into()),
    }
}

/// The family of recorded calculations.
pub(super) fn recorded_template(era: Era) -> &'static str {
    match era {
        Era::Stateful(_) => HISTORY_TEMPLATE,
        Era::Stateless => TAPE_TEMPLATE,
    }
}

/// What a resource tells about, if its changes are announced. The others never
/// change, or only by being read.
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

/// How long a resource may be kept.
pub(super) fn cache_hint(uri: &str) -> CacheHint {
    match uri {
        CONSTANTS | LIBRARY | HELP => CacheHint::OF_RELEASE,
        STATS => CacheHint::public(STATS_TTL_MS),
        _ => CacheHint::NONE,
    }
}

/// Reads a resource. What belongs to another session or tape does not exist here.
pub(super) async fn read(
    cx: &Context,
    uri: &str,
    tools: &[Tool],
) -> Result<Vec<ResourceContents>, ServiceError> {
    let json = match uri {
        CONSTANTS => to_raw(&constants()),
        LIBRARY => to_raw(&formulas::library()),
        HELP => to_raw(&help(tools)),
        STATS => to_raw(&stats(&cx.totals().await?)),
        _ => match cx.session_state() {
            Some(state) => {
                let part = in_session(state.init(), uri);
                read_part(&state, part.ok_or(ServiceError::ResourceNotFound)?)
                    .await?
            }
            None => {
                let place = on_tape(uri).ok_or(ServiceError::ResourceNotFound)?;
                read_part(&cx.tape(place.0).await?, place.1).await?
            }
        },
    };
    let body = ResourceBody::Text(json.get().into());
    let mime_type = Some(JSON.into());
    Ok(vec![ResourceContents { uri: uri.into(), mime_type, body }])
}

/// The part of a session that a uri names, as the uri of a tape would name it.
fn in_session<'a>(session: &SessionInit, uri: &'a str) -> Option<&'a str> {
    match uri {
        EVENTS => Some("events"),
        _ if uri == info_uri(session) => Some("info"),
        _ => {
            uri.strip_prefix("calculator://").filter(|it| it.starts_with("history"))
        }
    }
}

/// The tape that a uri names, and the part of it.
fn on_tape(uri: &str) -> Option<(&str, &str)> {
    uri.strip_prefix(TAPES)?.split_once('/')
}

async fn read_part(state: &State, part: &str) -> Result<RawJson, ServiceError> {
    match part {
        "history" => Ok(to_raw(&state.read_history().await?)),
        "info" => Ok(to_raw(&info(state.record().await?, state.now()))),
        "events" => {
            let trail = state.audit_trail().await?;
            Ok(to_raw(&trail.ok_or(ServiceError::ResourceNotFound)?))
        }
        _ => {
            let id = part.strip_prefix("history/").and_then(CalculationId::parse);
            let id = id.ok_or(ServiceError::ResourceNotFound)?;
            let history = state.read_history().await?;
            let found = history::find(&history, id);
            Ok(found.ok_or(ServiceError::ResourceNotFound)?.clone())
        }
    }
}

/// The id in a uri of the template's form.
pub fn calculation_id(uri: &str) -> Option<CalculationId> {
    CalculationId::parse(uri.strip_prefix(HISTORY)?.strip_prefix('/')?)
}

/// `calculator://constants`
pub fn constants() -> Value {
    json!({
        "pi": consts::PI,
        "e": consts::E,
        "sqrt2": consts::SQRT_2,
        "ln2": consts::LN_2,
        "ln10": consts::LN_10,
    })
}

/// `calculator://stats`
pub fn stats(totals: &Totals) -> Value {
    let counted = totals.by_operation.iter();
    let breakdown: Value = counted
        .map(|(operation, count)| json!({"operation": operation, "count": count}))
        .collect();
    json!({
        "totalCalculations": totals.by_operation.values().sum::<u64>(),
        "activeSessions": totals.active_sessions,
        "operationBreakdown": breakdown,
    })
}

/// `session://info/{sessionId}`, `calculator://tapes/{tape_id}/info`
pub fn info(session: &SessionRecord, now: Timestamp) -> Value {
    let id = session.init.id;
    let name = if id.is_tape() { "tapeId" } else { "sessionId" };
    json!({
        name: id.to_string(),
        "startTime": session.created.to_string(),
        "lastActivity": session.last_activity.to_string(),
        "requestCount": session.requests,
        "calculationCount": session.recorded,
        "uptime": millis(now.since(session.created)),
    })
}

/// `calculator://help`, made from the table of tools, so that it is complete.
pub fn help(tools: &[Tool]) -> Value {
    let explain = |tool: &Tool| {
        let schema = &tool.input_schema;
        json!({
            "name": tool.name,
            "title": tool.title,
            "description": tool.description,
            "arguments": schema["properties"],
            "required": schema.get("required").unwrap_or(&json!([])),
        })
    };
    json!({ "tools": tools.iter().map(explain).collect::<Value>() })
}
