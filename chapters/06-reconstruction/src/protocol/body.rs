//! Reads a body: one parse, parameters left raw until the method is known.
//! spec: basic/index (messages), basic/transports (sending messages)

use serde::{Deserialize, Deserializer};

use super::RawJson;
use super::errors::{INVALID_REQUEST, PARSE_ERROR, RpcError};
use super::jsonrpc::{Message, Notification, Request, RequestId};

/// All members that a message can have, before it is classified.
#[derive(Deserialize)]
struct RawMessage {
    jsonrpc: String,
    #[serde(default, deserialize_with = "present")]
    id: Option<RequestId>,
    method: String,
    params: Option<RawJson>,
}

/// Distinguishes `null` from an absent id: a message without an id is a
/// notification, a null id is an error.
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
            Ok(RawMessage { jsonrpc, .. }) if jsonrpc != "2.0" => {
                Err(not_a_message)
            }
            Ok(RawMessage { id: None, method, .. }) => {
                Ok(Self::Notification(Notification { method }))
            }
            Ok(RawMessage { id: Some(id), method, params, .. }) => {
                Ok(Self::Request(Request { id, method, params }))
            }
            Err(error) if error.is_data() => Err(not_a_message),
            Err(_) => Err(not_json),
        }
    }
}
