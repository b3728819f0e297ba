//! The handshake: who the two sides are and what they can do.
//! spec: basic/lifecycle

use serde::{Deserialize, Serialize};

/// The parameters of `initialize`, as far as they are used.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InitializeParams {
    /// The version that the client would like.
    pub protocol_version: String,
}

/// The server's name as clients show it.
#[derive(Debug, Clone, Serialize)]
pub struct Implementation {
    /// For programs.
    pub name: String,
    /// For people.
    pub title: Option<String>,
    /// Semantic version.
    pub version: String,
}

/// An empty object on the wire: its presence is the statement.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Present {}

/// What the server can do. A method whose capability is absent is unknown.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct ServerCapabilities {
    /// `tools/list`, `tools/call`.
    pub tools: Option<Present>,
    /// `resources/…`.
    pub resources: Option<Present>,
}

/// What a [`Service`](crate::service::Service) says of itself.
#[derive(Debug, Clone)]
pub struct ServerInfo {
    /// Its name and version.
    pub implementation: Implementation,
    /// What it offers.
    pub capabilities: ServerCapabilities,
}

/// The answer to `initialize`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InitializeResult<'a> {
    /// The version of the session from now on.
    pub protocol_version: &'static str,
    /// What the server can do.
    pub capabilities: &'a ServerCapabilities,
    /// Who the server is.
    pub server_info: &'a Implementation,
}
