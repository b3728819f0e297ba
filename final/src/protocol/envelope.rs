//! What a request of the stateless era says of itself: there is no handshake that
//! could have said it before.
//! spec: basic/index (per-request fields), 2026-07-28

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    RawJson,
    lifecycle::{ClientCapabilities, ClientInfo, MAX_CLIENT_NAME},
    logging::Level,
};

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
    log_level: Option<Value>,
}

/// Why an envelope cannot be used, in a sentence for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadEnvelope(pub &'static str);

impl Envelope {
    /// The envelope of a request, if its `_meta` names a protocol version.
    pub fn of(params: Option<&RawJson>) -> Option<Result<Self, BadEnvelope>> {
        #[derive(Deserialize)]
        struct Params {
            #[serde(rename = "_meta")]
            meta: Map<String, Value>,
        }
        let params = params?.get();
        // A second look at the parameters, spared to the requests of a session.
        // The slash of the full name may be escaped.
        if !params.contains("protocolVersion") {
            return None;
        }
        let Params { meta } = serde_json::from_str(params).ok()?;
        meta.contains_key(VERSION).then(|| Self::read(meta))
    }

    fn read(mut meta: Map<String, Value>) -> Result<Self, BadEnvelope> {
        let Some(Value::String(version)) = meta.remove(VERSION) else {
            return Err(BadEnvelope("_meta: protocolVersion is a string"));
        };
        let capabilities = meta.remove(CLIENT_CAPABILITIES);
        let capabilities = capabilities
            .and_then(|declared| serde_json::from_value(declared).ok())
            .ok_or(BadEnvelope("_meta needs clientCapabilities, an object"))?;
        let nobody = BadEnvelope("_meta: clientInfo has a name and a version");
        let client: Option<ClientInfo> = match meta.remove(CLIENT_INFO) {
            None => None,
            // serde would accept an array as the members in order.
            Some(Value::Array(_)) => return Err(nobody),
            Some(client) => {
                Some(serde_json::from_value(client).map_err(|_| nobody)?)
            }
        };
        let is_long = |client: &ClientInfo| client.longest_name() > MAX_CLIENT_NAME;
        if client.as_ref().is_some_and(is_long) {
            return Err(BadEnvelope("clientInfo names are at most 256 bytes long"));
        }
        let log_level = meta.remove(LOG_LEVEL);
        Ok(Self { version, client, capabilities, log_level })
    }

    /// Log messages from this level on are wanted; `None` are otherwise (M152).
    ///
    /// # Errors
    /// [`BadEnvelope`] if there is no such level (M154).
    pub fn log_level(&self) -> Result<Option<Level>, BadEnvelope> {
        let Some(level) = &self.log_level else { return Ok(None) };
        let known = level.as_str().and_then(Level::parse);
        known.map(Some).ok_or(BadEnvelope("_meta: there is no such logLevel"))
    }
}
