//! JSON-RPC error objects, and the codes to which MCP gives a meaning.
//! spec: basic/index (error responses), schema.ts

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::raw::null_is_absent;

/// The body is not JSON.
pub const PARSE_ERROR: i32 = -32700;
/// JSON, but not a message that is allowed here.
pub const INVALID_REQUEST: i32 = -32600;
/// The method is unknown, or its capability was not declared.
pub const METHOD_NOT_FOUND: i32 = -32601;
/// The method is known, its parameters are wrong.
pub const INVALID_PARAMS: i32 = -32602;
/// The server failed; the caller did nothing wrong.
pub const INTERNAL_ERROR: i32 = -32603;
/// `resources/read` of a resource that does not exist, in the stateful era.
pub const RESOURCE_NOT_FOUND: i32 = -32002;
/// A header and the body disagree (2026-07-28).
pub const HEADER_MISMATCH: i32 = -32020;
/// The request needs a capability that the client did not declare (2026-07-28);
/// `data.requiredCapabilities` names it.
pub const MISSING_CAPABILITY: i32 = -32021;
/// The server does not support the protocol version; `data.supported` lists those
/// that it supports.
pub const UNSUPPORTED_VERSION: i32 = -32022;

/// The `error` member of a JSON-RPC response.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RpcError {
    /// One of the codes of this module, or the peer's own.
    pub code: i32,
    /// One short, fixed sentence.
    #[serde(default, deserialize_with = "null_is_absent")]
    pub message: String,
    /// Details for programs. The server does not read those of a client's errors.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

impl RpcError {
    /// Makes an error without `data`.
    pub fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    /// Adds `data` to the error.
    pub fn with_data(self, data: Value) -> Self {
        Self { data: Some(data), ..self }
    }
}
