//! Discovery: the versions and capabilities of a server, for clients that do not
//! know them yet.
//! spec: server/discover, 2026-07-28

use serde::Serialize;

use super::lifecycle::ServerCapabilities;

/// The result of `server/discover`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DiscoverResult<'a> {
    /// The versions of both eras that the server supports (A6), newest first.
    pub supported_versions: &'a [&'a str],
    pub capabilities: &'a ServerCapabilities,
    /// Instructions for a model that uses the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<&'a str>,
}
