//! The contents of each resource.

use std::f64::consts;

use serde_json::{Value, json};

use super::{CONSTANTS, EVENTS, HELP, JSON, LIBRARY, STATS, info_uri, on_tape};
use crate::calculator::formulas;
use crate::calculator::history::{self, CalculationId};
use crate::protocol::content::{ResourceBody, ResourceContents};
use crate::protocol::tools::Tool;
use crate::protocol::{RawJson, to_raw};
use crate::service::{Context, ServiceError, SessionHandle};
use crate::sessions::clock::millis;
use crate::sessions::{SessionInit, SessionRecord, Timestamp, Totals};

/// Reads a resource. The resources of other sessions and tapes do not exist here.
pub async fn read(
    cx: &Context,
    uri: &str,
    tools: &[Tool],
) -> Result<Vec<ResourceContents>, ServiceError> {
    let json = match uri {
        CONSTANTS => to_raw(&constants()),
        LIBRARY => to_raw(&formulas::library()),
        HELP => to_raw(&help(tools)),
        STATS => to_raw(&stats(&cx.totals().await?)),
        _ => read_of_state(cx, uri).await?,
    };
    let body = ResourceBody::Text(json.get().into());
    let mime_type = Some(JSON.into());
    Ok(vec![ResourceContents { uri: uri.into(), mime_type, body }])
}

/// Reads a resource of the session, or of a tape that the uri names.
async fn read_of_state(cx: &Context, uri: &str) -> Result<RawJson, ServiceError> {
    let not_found = ServiceError::ResourceNotFound;
    if let Some(session) = cx.session() {
        let part = in_session(session.init(), uri).ok_or(not_found)?;
        return read_part(session, part).await;
    }
    let (tape, part) = on_tape(uri).ok_or(not_found)?;
    read_part(&cx.tape(tape).await?, part).await
}

/// Returns the part of a session that a URI names, in the words of a tape's URI.
fn in_session<'a>(session: &SessionInit, uri: &'a str) -> Option<&'a str> {
    match uri {
        EVENTS => Some("events"),
        _ if uri == info_uri(session) => Some("info"),
        _ => {
            uri.strip_prefix("calculator://").filter(|it| it.starts_with("history"))
        }
    }
}

async fn read_part(
    state: &SessionHandle,
    part: &str,
) -> Result<RawJson, ServiceError> {
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

/// Makes `calculator://constants`.
pub fn constants() -> Value {
    json!({
        "pi": consts::PI,
        "e": consts::E,
        "sqrt2": consts::SQRT_2,
        "ln2": consts::LN_2,
        "ln10": consts::LN_10,
    })
}

/// Makes `calculator://stats`.
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

/// Makes `session://info/{sessionId}` or `calculator://tapes/{tape_id}/info`.
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

/// Makes `calculator://help` from the table of tools, so that it is complete.
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
