//! JSON-RPC error objects, and the codes that MCP uses.
//! spec: basic/index (error responses)

use serde::Serialize;

/// The body is not JSON.
pub const PARSE_ERROR: i32 = -32700;
/// JSON, but not a message that is allowed here.
pub const INVALID_REQUEST: i32 = -32600;
/// The method is unknown.
pub const METHOD_NOT_FOUND: i32 = -32601;
/// The method is known, its parameters are wrong.
pub const INVALID_PARAMS: i32 = -32602;
/// The server failed; the caller did nothing wrong.
pub const INTERNAL_ERROR: i32 = -32603;
/// `resources/read` of a resource that does not exist.
pub const RESOURCE_NOT_FOUND: i32 = -32002;

/// The `error` member of a JSON-RPC response.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RpcError {
    /// One of the codes above.
    pub code: i32,
    /// One short, fixed sentence.
    pub message: String,
}

impl RpcError {
    /// An error with this code and sentence.
    pub fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}
