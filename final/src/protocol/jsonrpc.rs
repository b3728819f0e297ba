//! JSON-RPC 2.0: ids, the three kinds of messages, and functions that write them.
//! spec: basic/index (messages)

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use serde_json::{Number, Value};

use super::RawJson;
use super::envelope::{BadEnvelope, Envelope};
use super::errors::RpcError;
use super::meta::RequestMeta;
use super::method::Method;

/// The longest string that may be an id, in bytes. The server keeps and repeats ids
/// and progress tokens, so they must be short.
pub const MAX_ID: usize = 256;

/// The largest whole number up to which every double is the number that was
/// written.
const MAX_EXACT: f64 = 9_007_199_254_740_991.0;

/// The id of a request: an integer or a string, echoed with the type and value
/// it came with (`1` is not `"1"`, and `0` is an id like any other).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum RequestId {
    /// A whole number that fits 64 bits.
    Number(Number),
    /// A string of at most [`MAX_ID`] bytes.
    String(String),
}

impl RequestId {
    /// Reads an id from a JSON value; returns `None` if the value is not an id.
    pub fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Number(number) if !number.is_f64() => Some(Self::Number(number)),
            // JSON Schema counts `1.0` as an integer, and the numbers of some
            // clients are all doubles.
            Value::Number(number) => {
                let whole = number.as_f64().filter(|it| it.fract() == 0.0)?;
                // The cast is exact in this range.
                (whole.abs() <= MAX_EXACT)
                    .then(|| Self::Number((whole as i64).into()))
            }
            Value::String(text) if text.len() <= MAX_ID => Some(Self::String(text)),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for RequestId {
    fn deserialize<D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Self, D::Error> {
        Self::from_value(Value::deserialize(deserializer)?).ok_or_else(|| {
            let rule = "an id is a string of at most 256 bytes or a whole number";
            serde::de::Error::custom(rule)
        })
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::String(text) => text.fmt(f),
        }
    }
}

/// A request, which its receiver answers.
#[derive(Debug, Clone)]
pub struct Request {
    /// Chosen by the sender, unique among its requests in flight.
    pub id: RequestId,
    pub method: Method,
    /// The name of the method, as the sender wrote it.
    pub method_name: String,
    /// Raw until the method serves them.
    pub params: Option<RawJson>,
    /// What is read of the parameters before that.
    pub meta: Option<Box<RequestMeta>>,
}

impl Request {
    /// Takes what makes it a request of the stateless era.
    pub fn take_envelope(&mut self) -> Option<Result<Envelope, BadEnvelope>> {
        self.meta.as_mut()?.envelope.take()
    }
}

/// A notification, which is never answered, not even with an error.
#[derive(Debug, Clone)]
pub struct Notification {
    pub method: String,
    /// Raw until the method is known.
    pub params: Option<RawJson>,
}

/// A response: the client's answer to a question of the server.
#[derive(Debug, Clone)]
pub struct Response {
    /// The id of the question.
    pub id: RequestId,
    pub outcome: ClientAnswer,
}

/// The client's answer to a question: a result or its error.
pub type ClientAnswer = Result<RawJson, RpcError>;

/// One message that a client may send.
#[derive(Debug, Clone)]
pub enum Message {
    Request(Request),
    Notification(Notification),
    Response(Response),
}

impl Message {
    /// Takes what makes it a message of the stateless era.
    pub fn take_envelope(&mut self) -> Option<Result<Envelope, BadEnvelope>> {
        match self {
            Self::Request(request) => request.take_envelope(),
            Self::Notification(notification) => {
                RequestMeta::of(notification.params.as_ref())?.envelope
            }
            Self::Response(_) => None,
        }
    }

    /// Returns the id, if the message is a request.
    pub fn request_id(&self) -> Option<&RequestId> {
        match self {
            Self::Request(request) => Some(&request.id),
            Self::Notification(_) | Self::Response(_) => None,
        }
    }
}

/// Writes the response to `id`.
pub fn result_message(id: &RequestId, result: &RawValue) -> RawJson {
    #[derive(Serialize)]
    struct Success<'a> {
        jsonrpc: &'static str,
        id: &'a RequestId,
        result: &'a RawValue,
    }
    super::to_raw(&Success { jsonrpc: "2.0", id, result })
}

/// Writes an error response, without an `id` if that could not be read.
pub fn error_message(id: Option<&RequestId>, error: &RpcError) -> RawJson {
    #[derive(Serialize)]
    struct Failure<'a> {
        jsonrpc: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a RequestId>,
        error: &'a RpcError,
    }
    super::to_raw(&Failure { jsonrpc: "2.0", id, error })
}

/// Writes a notification from the server.
pub fn notification_message(method: &str, params: &impl Serialize) -> RawJson {
    outgoing(None, method, params)
}

/// Writes a request from the server, which is a question to the client.
pub fn request_message(
    id: &RequestId,
    method: &str,
    params: &impl Serialize,
) -> RawJson {
    outgoing(Some(id), method, params)
}

fn outgoing(
    id: Option<&RequestId>,
    method: &str,
    params: &impl Serialize,
) -> RawJson {
    #[derive(Serialize)]
    struct Outgoing<'a, P> {
        jsonrpc: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a RequestId>,
        method: &'a str,
        params: &'a P,
    }
    super::to_raw(&Outgoing { jsonrpc: "2.0", id, method, params })
}
