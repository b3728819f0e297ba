//! The resources, and how they are read.

use serde_json::{Value, json};

use crate::protocol::content::ResourceContents;
use crate::protocol::errors::{RESOURCE_NOT_FOUND, RpcError};
use crate::protocol::resources::Resource;
use crate::protocol::to_raw;
use crate::service::Context;
use crate::sessions::clock::millis;
use crate::sessions::{SessionInit, SessionRecord, Timestamp, Totals};

const STATS: &str = "calculator://stats";
const HISTORY: &str = "calculator://history";

const JSON: &str = "application/json";

/// Returns the URI of the information about a session.
fn info_uri(opened: &SessionInit) -> String {
    format!("session://info/{}", opened.id)
}

/// Lists the resources of a session.
pub(super) fn list(session: &SessionInit) -> Vec<Resource> {
    let resource = |uri: &str, name: &str, description: &str| Resource {
        uri: uri.into(),
        name: name.into(),
        description: Some(description.into()),
        mime_type: Some(JSON.into()),
    };
    let stats = "Calculations by operation and open sessions.";
    let info = "When this session began and what it has done since.";
    let history = "The last 50 calculations of this session, newest last.";
    vec![
        resource(STATS, "stats", stats),
        resource(&info_uri(session), "session-info", info),
        resource(HISTORY, "history", history),
    ]
}

/// Reads a resource. The resources of other sessions do not exist here.
pub(super) async fn read(
    cx: &Context,
    uri: &str,
) -> Result<Vec<ResourceContents>, RpcError> {
    let state = cx.state();
    let json = match uri {
        STATS => to_raw(&stats(&state.totals().await?)),
        HISTORY => to_raw(&state.read_history().await?),
        _ if uri == info_uri(state.init()) => {
            to_raw(&info(state.record(), state.now()))
        }
        _ => return Err(RpcError::new(RESOURCE_NOT_FOUND, "resource not found")),
    };
    let (uri, mime_type) = (uri.into(), Some(JSON.into()));
    Ok(vec![ResourceContents { uri, mime_type, text: json.get().into() }])
}

/// `calculator://stats`
fn stats(totals: &Totals) -> Value {
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

/// Makes `session://info/{sessionId}`.
fn info(session: &SessionRecord, now: Timestamp) -> Value {
    json!({
        "sessionId": session.init.id.to_string(),
        "startTime": session.created.to_string(),
        "lastActivity": session.last_activity.to_string(),
        "requestCount": session.requests,
        "calculationCount": session.recorded,
        "uptime": millis(now.since(session.created)),
    })
}
