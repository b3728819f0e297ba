//! The resources, and how they are read.

use crate::protocol::content::ResourceContents;
use crate::protocol::errors::{RESOURCE_NOT_FOUND, RpcError};
use crate::protocol::resources::Resource;
use crate::protocol::to_raw;
use crate::service::Context;

const HISTORY: &str = "calculator://history";

const JSON: &str = "application/json";

/// Lists the resources of a session.
pub(super) fn list() -> Vec<Resource> {
    let history = "The last 50 calculations of this session, newest last.";
    vec![Resource {
        uri: HISTORY.into(),
        name: "history".into(),
        description: Some(history.into()),
        mime_type: Some(JSON.into()),
    }]
}

/// Reads a resource.
pub(super) async fn read(
    cx: &Context,
    uri: &str,
) -> Result<Vec<ResourceContents>, RpcError> {
    let json = match uri {
        HISTORY => to_raw(&cx.state().read_history().await),
        _ => return Err(RpcError::new(RESOURCE_NOT_FOUND, "resource not found")),
    };
    let (uri, mime_type) = (uri.into(), Some(JSON.into()));
    Ok(vec![ResourceContents { uri, mime_type, text: json.get().into() }])
}
