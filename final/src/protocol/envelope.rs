//! The `_meta` of a request of the stateless era. Every request carries in it what
//! the stateful era exchanges once, in the handshake.
//! spec: basic/index (per-request fields), 2026-07-28

use serde_json::value::RawValue;

use super::RawJson;
use super::lifecycle::{ClientCapabilities, ClientInfo, MAX_CLIENT_NAME};
use super::logging::Level;
use super::meta::{Meta, as_type};
use super::raw::Kind;

/// The `_meta` member that names the protocol version. A request that has it
/// belongs to the stateless era, whatever its other members are (A3, A4).
pub const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// The `_meta` member that names the client.
pub const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
/// The `_meta` member that declares the client's capabilities.
pub const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
/// The `_meta` member that asks for log messages.
pub const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";

/// The `_meta` of a request.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// The version of the request, which the server may not support.
    pub version: String,
    /// The client's name and version, if it sent them. No decision depends on them
    /// (M023).
    pub client: Option<ClientInfo>,
    /// The client's capabilities while this request runs (M020).
    pub capabilities: ClientCapabilities,
    log_level: Option<RawJson>,
}

/// The reason why an envelope cannot be used, as a sentence for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadEnvelope(pub &'static str);

impl Envelope {
    /// Reads the envelope of a request, if its `_meta` names a protocol version.
    pub(super) fn of(meta: &Meta<'_>) -> Option<Result<Self, BadEnvelope>> {
        meta.contains_key(VERSION).then(|| Self::read(meta))
    }

    fn read(meta: &Meta<'_>) -> Result<Self, BadEnvelope> {
        let version = meta.get(VERSION).and_then(|raw| as_type(raw));
        let version =
            version.ok_or(BadEnvelope("_meta: protocolVersion is a string"))?;
        let declared = meta.get(CLIENT_CAPABILITIES);
        let capabilities = declared
            .and_then(|raw| as_type(raw))
            .ok_or(BadEnvelope("_meta needs clientCapabilities, an object"))?;
        let unnamed = BadEnvelope("_meta: clientInfo has a name and a version");
        let client: Option<ClientInfo> = match meta.get(CLIENT_INFO) {
            None => None,
            Some(client) if is_null(client) => None,
            // serde would accept an array as the members in order.
            Some(client) if client.get().starts_with('[') => return Err(unnamed),
            Some(client) => Some(as_type(client).ok_or(unnamed)?),
        };
        let is_long = |client: &ClientInfo| client.longest_name() > MAX_CLIENT_NAME;
        if client.as_ref().is_some_and(is_long) {
            return Err(BadEnvelope("clientInfo names are at most 256 bytes long"));
        }
        let log_level = meta.get(LOG_LEVEL).filter(|level| !is_null(level));
        let log_level = log_level.map(|&level| level.to_owned());
        Ok(Self { version, client, capabilities, log_level })
    }

    /// Returns the least severe level of the log messages that the client wants;
    /// `None` if it wants none (M152).
    ///
    /// # Errors
    /// [`BadEnvelope`] if there is no such level (M154).
    pub fn log_level(&self) -> Result<Option<Level>, BadEnvelope> {
        let Some(level) = &self.log_level else { return Ok(None) };
        let name: Option<String> = as_type(level);
        let known = name.and_then(|name| Level::from_name(&name));
        known.map(Some).ok_or(BadEnvelope("_meta: there is no such logLevel"))
    }
}

/// Returns whether a value is `null`, which counts as absent.
fn is_null(raw: &RawValue) -> bool {
    Kind::of(raw) == Kind::Null
}
