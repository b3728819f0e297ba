//! The data contracts of MCP: what travels on the wire, as Rust types.
//!
//! No I/O, no async, no knowledge of transports or storage.

pub mod body;
pub mod content;
pub mod errors;
pub mod jsonrpc;
pub mod lifecycle;
pub mod resources;
pub mod tools;
pub mod version;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// A JSON text that is already valid, and is passed on unparsed.
pub type RawJson = Box<RawValue>;

/// Serializes one of our own types, which cannot fail: none has a map with keys
/// that are not strings, and none returns an error of its own.
pub fn to_raw(value: &impl Serialize) -> RawJson {
    serde_json::value::to_raw_value(value).unwrap_or_default()
}

/// Reads a JSON object as a type, an absent one as `{}`. `None` if it does not fit.
pub fn from_raw<T: DeserializeOwned>(object: Option<&RawJson>) -> Option<T> {
    let text = object.map_or("{}", |object| object.get());
    // serde alone would also read a struct from an array.
    text.starts_with('{').then(|| serde_json::from_str(text).ok()).flatten()
}
