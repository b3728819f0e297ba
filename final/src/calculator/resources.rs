//! What can be read, and what is found there.

use std::f64::consts;

use serde_json::{Value, json};

use super::{
    formulas,
    history::{self, CalculationId},
};
use crate::{
    protocol::{
        content::{ResourceBody, ResourceContents},
        resources::{Resource, ResourceTemplate},
        to_raw,
        tools::Tool,
    },
    service::{Context, ServiceError},
    sessions::{SessionRecord, Timestamp, Totals, clock::millis},
};

const CONSTANTS: &str = "calculator://constants";
pub(super) const STATS: &str = "calculator://stats";
const LIBRARY: &str = "formulas://library";
const HELP: &str = "calculator://help";
const EVENTS: &str = "session://events";
pub(super) const HISTORY: &str = "calculator://history";
pub(super) const HISTORY_TEMPLATE: &str = "calculator://history/{calculationId}";

const JSON: &str = "application/json";

/// Where a session reads about itself.
pub(super) fn info_uri(session: &SessionRecord) -> String {
    format!("session://info/{}", session.opened.id)
}

/// What this session can read.
pub(super) fn list(
    session: &SessionRecord,
    has_audit_trail: bool,
) -> Vec<Resource> {
    let resource =
        |uri: &str, name: &str, title: &str, description: &str| Resource {
            uri: uri.into(),
            name: name.into(),
            title: Some(title.into()),
            description: Some(description.into()),
            mime_type: Some(JSON.into()),
        };
    let stats = "Calculations by operation and open sessions, of all nodes.";
    let session_info = "When this session began and what it has done since.";
    let formulas = "Well-known formulas and what their letters mean.";
    let help = "Every tool with its arguments and examples of calls.";
    let history = "The last 50 calculations of this session, newest last.";
    let events = "What this session asked and was answered lately, newest last.";
    let mut listed = vec![
        resource(CONSTANTS, "constants", "Constants", "π, e, √2, ln 2 and ln 10."),
        resource(STATS, "stats", "Statistics", stats),
        resource(&info_uri(session), "session-info", "Session", session_info),
        resource(LIBRARY, "formulas", "Formulas", formulas),
        resource(HELP, "help", "Help", help),
        resource(HISTORY, "history", "History", history),
    ];
    if has_audit_trail {
        listed.push(resource(EVENTS, "session-events", "Audit trail", events));
    }
    listed
}

/// The one family of resources.
pub(super) fn templates() -> Vec<ResourceTemplate> {
    vec![ResourceTemplate {
        uri_template: HISTORY_TEMPLATE.into(),
        name: "calculation".into(),
        title: Some("One calculation".into()),
        description: Some("A calculation of this session, by its id.".into()),
        mime_type: Some(JSON.into()),
    }]
}

/// Whether changes of `uri` are announced to this session. The others never
/// change.
pub(super) fn can_subscribe(session: &SessionRecord, uri: &str) -> bool {
    uri == HISTORY || uri == STATS || uri == info_uri(session)
}

/// Reads a resource. What belongs to another session does not exist here.
pub(super) async fn read(
    cx: &Context,
    uri: &str,
    tools: &[Tool],
) -> Result<Vec<ResourceContents>, ServiceError> {
    let json = match uri {
        CONSTANTS => to_raw(&constants()),
        LIBRARY => to_raw(&formulas::library()),
        HELP => to_raw(&help(tools)),
        STATS => to_raw(&stats(&cx.state().totals().await?)),
        HISTORY => to_raw(&cx.state().history().await?),
        EVENTS => {
            let trail = cx.state().audit_trail().await?;
            to_raw(&trail.ok_or(ServiceError::ResourceNotFound)?)
        }
        _ if uri == info_uri(cx.session()) => to_raw(&info(cx.session(), cx.now())),
        _ => {
            let id = calculation_id(uri).ok_or(ServiceError::ResourceNotFound)?;
            let history = cx.state().history().await?;
            history::find(&history, id)
                .ok_or(ServiceError::ResourceNotFound)?
                .clone()
        }
    };
    let body = ResourceBody::Text(json.get().into());
    let mime_type = Some(JSON.into());
    Ok(vec![ResourceContents { uri: uri.into(), mime_type, body }])
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

/// `session://info/{sessionId}`
pub fn info(session: &SessionRecord, now: Timestamp) -> Value {
    json!({
        "sessionId": session.opened.id.to_string(),
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
            "examples": schema["examples"],
        })
    };
    json!({ "tools": tools.iter().map(explain).collect::<Value>() })
}
