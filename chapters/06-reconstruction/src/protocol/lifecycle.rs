//! The handshake: names, versions and capabilities of both sides.
//! spec: basic/lifecycle

use serde::{Deserialize, Serialize};

/// The longest name or version of a client, in bytes. A session keeps them for its
/// whole life, so clients must not be able to store data in them.
pub const MAX_CLIENT_NAME: usize = 256;

/// The parameters of `initialize`, as far as they are used.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InitializeParams {
    /// The version that the client asks for.
    pub protocol_version: String,
    /// The client's name and version.
    pub client_info: ClientInfo,
}

/// The client's name and version, as the client sent them. No decision depends on
/// them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientInfo {
    /// For programs.
    pub name: String,
    /// In the client's own numbering.
    pub version: String,
}

impl ClientInfo {
    /// Returns the length of the longer of the two, in bytes.
    pub fn longest_name(&self) -> usize {
        self.name.len().max(self.version.len())
    }
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

/// An empty object on the wire. A capability is declared by its presence.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct EmptyObject {}

/// The server's capabilities. A method whose capability is absent is unknown.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct ServerCapabilities {
    /// `tools/list`, `tools/call`.
    pub tools: Option<EmptyObject>,
    /// `resources/…`.
    pub resources: Option<EmptyObject>,
}

/// Describes a [`Service`](crate::service::Service) in the handshake.
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
    /// The negotiated version.
    pub protocol_version: &'static str,
    /// The server's capabilities.
    pub capabilities: &'a ServerCapabilities,
    /// The server's name and version.
    pub server_info: &'a Implementation,
}
