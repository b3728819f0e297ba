//! Discovery: what a client may know of a server before it relies on anything.
//! spec: server/discover, 2026-07-28

use serde::Serialize;

use super::lifecycle::ServerCapabilities;

/// The result of `server/discover`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DiscoverResult<'a> {
    /// The versions that are spoken here, of both eras (A6), newest first.
    pub supported_versions: &'a [&'a str],
    pub capabilities: &'a ServerCapabilities,
    /// How a model should use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<&'a str>,
}
