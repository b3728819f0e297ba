//! Reads a body: one parse, parameters left raw until the method is known.
//! spec: basic/index (messages), basic/transports (sending messages)

use serde::{Deserialize, Deserializer};

use super::RawJson;
use super::errors::{INVALID_REQUEST, PARSE_ERROR, RpcError};
use super::jsonrpc::{Message, Request, RequestId};

/// Every member that a message can have, before their combination is judged.
#[derive(Deserialize)]
struct Envelope {
    jsonrpc: String,
    #[serde(default, deserialize_with = "present")]
    id: Option<RequestId>,
    method: String,
    params: Option<RawJson>,
}

/// Keeps `null` apart from absence: an absent id makes a notification, a null
/// one is an error.
fn present<'de, D: Deserializer<'de>>(d: D) -> Result<Option<RequestId>, D::Error> {
    RequestId::deserialize(d).map(Some)
}

impl Message {
    /// Reads one message.
    ///
    /// # Errors
    /// An [`RpcError`] if the body is not JSON, or not a JSON-RPC 2.0 message.
    pub fn parse(body: &[u8]) -> Result<Self, RpcError> {
        let not_json = RpcError::new(PARSE_ERROR, "the body is not valid JSON");
        let not_a_message = RpcError::new(
            INVALID_REQUEST,
            "the body is not a JSON-RPC 2.0 message",
        );
        match serde_json::from_slice(body) {
            Ok(Envelope { jsonrpc, .. }) if jsonrpc != "2.0" => Err(not_a_message),
            Ok(Envelope { id: None, .. }) => Ok(Self::Notification),
            Ok(Envelope { id: Some(id), method, params, .. }) => {
                Ok(Self::Request(Request { id, method, params }))
            }
            Err(error) if error.is_data() => Err(not_a_message),
            Err(_) => Err(not_json),
        }
    }
}
