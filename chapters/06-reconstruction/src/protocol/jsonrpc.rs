//! JSON-RPC 2.0: ids, the kinds of message, and how responses are written.
//! spec: basic/index (messages)

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Number;
use serde_json::value::RawValue;

use super::errors::RpcError;
use super::{RawJson, to_raw};

/// The id of a request: an integer or a string, echoed with the type and value
/// it came with (`1` is not `"1"`, and `0` is an id like any other).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RequestId {
    /// A whole number that fits 64 bits.
    #[serde(deserialize_with = "whole")]
    Number(i64),
    /// Any text.
    String(String),
}

/// The largest whole number up to which every double is the number that was written.
const MAX_EXACT: f64 = 9_007_199_254_740_991.0;

/// Reads a whole number. To JSON Schema `1.0` is one too, and some clients' only
/// number is a double.
fn whole<'de, D: Deserializer<'de>>(d: D) -> Result<i64, D::Error> {
    let number = Number::deserialize(d)?;
    let double = number.as_f64().unwrap_or(f64::NAN);
    let exact = double.fract() == 0.0 && double.abs() <= MAX_EXACT;
    // The cast loses nothing of what is exact.
    let whole = number.as_i64().or(exact.then_some(double as i64));
    whole.ok_or_else(|| D::Error::custom("not a whole number"))
}

/// A request: it will be answered.
#[derive(Debug, Clone)]
pub struct Request {
    /// Chosen by the client, unique among its requests in flight.
    pub id: RequestId,
    /// The method's name.
    pub method: String,
    /// Raw until the method is known.
    pub params: Option<RawJson>,
}

/// A notification, which is never answered, not even with an error.
#[derive(Debug, Clone)]
pub struct Notification {
    /// The method's name.
    pub method: String,
}

/// One message that a client may send.
#[derive(Debug, Clone)]
pub enum Message {
    /// Must be answered.
    Request(Request),
    /// Is never answered, not even with an error.
    Notification(Notification),
}

/// Writes the response to `id`: a result or an error.
pub fn response_message(
    id: &RequestId,
    outcome: Result<RawJson, RpcError>,
) -> RawJson {
    match outcome {
        Ok(result) => result_message(id, &result),
        Err(error) => error_message(Some(id), &error),
    }
}

/// Writes the result of the request with this id.
pub fn result_message(id: &RequestId, result: &RawValue) -> RawJson {
    #[derive(Serialize)]
    struct Success<'a> {
        jsonrpc: &'static str,
        id: &'a RequestId,
        result: &'a RawValue,
    }
    to_raw(&Success { jsonrpc: "2.0", id, result })
}

/// Writes an error response; without `id` if it could not be read.
pub fn error_message(id: Option<&RequestId>, error: &RpcError) -> RawJson {
    #[derive(Serialize)]
    struct Failure<'a> {
        jsonrpc: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a RequestId>,
        error: &'a RpcError,
    }
    to_raw(&Failure { jsonrpc: "2.0", id, error })
}
