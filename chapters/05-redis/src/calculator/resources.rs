//! The resources, and how they are read.

use serde_json::{Value, json};

use crate::protocol::content::ResourceContents;
use crate::protocol::errors::{RESOURCE_NOT_FOUND, RpcError};
use crate::protocol::resources::Resource;
use crate::protocol::to_raw;
use crate::service::Context;
use crate::sessions::Totals;

const STATS: &str = "calculator://stats";
const HISTORY: &str = "calculator://history";

const JSON: &str = "application/json";

/// Lists the resources of a session.
pub(super) fn list() -> Vec<Resource> {
    let resource = |uri: &str, name: &str, description: &str| Resource {
        uri: uri.into(),
        name: name.into(),
        description: Some(description.into()),
        mime_type: Some(JSON.into()),
    };
    let stats = "Calculations by operation and open sessions.";
    let history = "The last 50 calculations of this session, newest last.";
    vec![resource(STATS, "stats", stats), resource(HISTORY, "history", history)]
}

/// Reads a resource.
pub(super) async fn read(
    cx: &Context,
    uri: &str,
) -> Result<Vec<ResourceContents>, RpcError> {
    let json = match uri {
        STATS => to_raw(&stats(&cx.state().totals().await?)),
        HISTORY => to_raw(&cx.state().read_history().await?),
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
