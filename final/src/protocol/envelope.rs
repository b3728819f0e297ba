//! What a request of the stateless era says of itself: there is no handshake that
//! could have said it before.
//! spec: basic/index (per-request fields), 2026-07-28

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::RawJson;
use super::lifecycle::{ClientCapabilities, ClientInfo, MAX_CLIENT_NAME};
use super::logging::Level;
use super::raw::Kind;

/// The `_meta` member that names the protocol version. It makes a request one of
/// the stateless era, whatever else it says (A3, A4).
pub const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// The `_meta` member that names the client.
pub const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
/// The `_meta` member that says what the client can do.
pub const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
/// The `_meta` member that asks for log messages.
pub const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";

/// The `_meta` of a request.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// The version that the request speaks, whether we know it or not.
    pub version: String,
    /// Who the client says it is, if it says so. Nothing is decided by it (M023).
    pub client: Option<ClientInfo>,
    /// What the client can do while this request runs (M020).
    pub capabilities: ClientCapabilities,
    log_level: Option<RawJson>,
}

/// The members of a `_meta`, raw: every request brings them, and most of what is in
/// them is not looked at.
type Meta<'a> = BTreeMap<String, &'a RawValue>;

/// Why an envelope cannot be used, in a sentence for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadEnvelope(pub &'static str);

impl Envelope {
    /// The envelope of a request, if its `_meta` names a protocol version.
    pub fn of(params: Option<&RawJson>) -> Option<Result<Self, BadEnvelope>> {
        #[derive(Deserialize)]
        struct Params<'a> {
            #[serde(rename = "_meta", borrow)]
            meta: Meta<'a>,
        }
        let params = params?.get();
        // A second look at the parameters, spared to the requests of a session.
        // The slash of the full name may be escaped.
        if !params.contains("protocolVersion") {
            return None;
        }
        let Params { meta } = serde_json::from_str(params).ok()?;
        meta.contains_key(VERSION).then(|| Self::read(&meta))
    }

    fn read(meta: &Meta<'_>) -> Result<Self, BadEnvelope> {
        let version = meta.get(VERSION).and_then(|raw| as_type(raw));
        let version =
            version.ok_or(BadEnvelope("_meta: protocolVersion is a string"))?;
        let declared = meta.get(CLIENT_CAPABILITIES);
        let capabilities = declared
            .and_then(|raw| as_type(raw))
            .ok_or(BadEnvelope("_meta needs clientCapabilities, an object"))?;
        let nobody = BadEnvelope("_meta: clientInfo has a name and a version");
        let client: Option<ClientInfo> = match meta.get(CLIENT_INFO) {
            None => None,
            Some(client) if is_null(client) => None,
            // serde would accept an array as the members in order.
            Some(client) if client.get().starts_with('[') => return Err(nobody),
            Some(client) => Some(as_type(client).ok_or(nobody)?),
        };
        let is_long = |client: &ClientInfo| client.longest_name() > MAX_CLIENT_NAME;
        if client.as_ref().is_some_and(is_long) {
            return Err(BadEnvelope("clientInfo names are at most 256 bytes long"));
        }
        let log_level = meta.get(LOG_LEVEL).filter(|level| !is_null(level));
        let log_level = log_level.map(|&level| level.to_owned());
        Ok(Self { version, client, capabilities, log_level })
    }

    /// Log messages from this level on are wanted; `None` are otherwise (M152).
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

/// `null` is absent.
fn is_null(raw: &RawValue) -> bool {
    Kind::of(raw) == Kind::Null
}

fn as_type<T: DeserializeOwned>(raw: &RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}
