//! The data contracts of MCP: what travels on the wire, as Rust types.
//!
//! No I/O, no async, no knowledge of transports or storage.

pub mod body;
pub mod caching;
pub mod completion;
pub mod content;
pub mod discovery;
pub mod elicitation;
pub mod envelope;
pub mod errors;
pub mod jsonrpc;
pub mod lifecycle;
pub mod logging;
pub mod method;
pub mod pagination;
pub mod parameters;
pub mod progress;
pub mod prompts;
pub mod question;
pub mod raw;
pub mod resources;
pub mod results;
pub mod retries;
pub mod roots;
pub mod sampling;
pub mod subscriptions;
pub mod tools;
pub mod trace;
pub mod version;

use serde::Serialize;
use serde_json::value::RawValue;

/// A JSON text that is already valid and compact, and is passed on unparsed.
pub type RawJson = Box<RawValue>;

/// Serializes one of our own contract types, which cannot fail: none has a map
/// with keys that are not strings, and none returns an error of its own.
pub fn to_raw(value: &impl Serialize) -> RawJson {
    serde_json::value::to_raw_value(value).unwrap_or_default()
}
