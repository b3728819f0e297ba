//! Parses a body once, and leaves the parameters raw until the method is known.
//! spec: basic/index (messages), basic/transports (sending messages)

use std::borrow::Cow;
use std::ops::ControlFlow;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::RawJson;
use super::jsonrpc::{Message, Notification, Request, RequestId, Response};
use super::meta::RequestMeta;
use super::method::Method;
use super::raw::{Kind, each_item, has_more_items, nests_deeper};

/// The deepest nesting of arrays and objects in a body. Real messages stay below
/// ten levels. Without this limit, a small body could exhaust the stack.
pub const MAX_DEPTH: usize = 64;

/// The largest number of messages in an array, in the one version that has arrays.
pub const MAX_BATCH: usize = 50;

/// A body: one message, or an array where the version allows it.
#[derive(Debug, Clone)]
pub enum Body {
    /// One message, which is the usual case.
    Single(Message),
    /// An array of messages, in 2025-03-26 only. A malformed one does not affect
    /// the others.
    Batch(Vec<Result<Message, ParseError>>),
}

/// The reason why a body is not a message.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ParseError {
    /// Not UTF-8, or not JSON.
    #[error("the body is not valid JSON")]
    Syntax,
    /// More than [`MAX_DEPTH`] levels.
    #[error("the body nests deeper than 64 levels")]
    TooDeep,
    /// JSON, but no JSON-RPC 2.0 message. The id is kept if it could be read.
    #[error("{rule}")]
    Shape {
        /// The id of the malformed message.
        id: Option<RequestId>,
        /// The rule that it breaks.
        rule: &'static str,
    },
}

impl ParseError {
    /// Returns the id of the malformed message, if it could be read.
    pub fn id(&self) -> Option<RequestId> {
        match self {
            Self::Shape { id, .. } => id.clone(),
            Self::Syntax | Self::TooDeep => None,
        }
    }
}

impl Body {
    /// Parses a body.
    ///
    /// # Errors
    /// [`ParseError`] names the first rule that the body breaks.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let text = std::str::from_utf8(bytes).map_err(|_| ParseError::Syntax)?;
        if nests_deeper(bytes, MAX_DEPTH) {
            return Err(ParseError::TooDeep);
        }
        if text.trim_start().starts_with('[') {
            return Self::parse_batch(text);
        }
        Message::parse(text).map(Self::Single)
    }

    /// Returns the id of the request, if the body is one request.
    pub fn request_id(&self) -> Option<&RequestId> {
        match self {
            Self::Single(message) => message.request_id(),
            Self::Batch(_) => None,
        }
    }

    fn parse_batch(text: &str) -> Result<Self, ParseError> {
        let batch: &RawValue =
            serde_json::from_str(text).map_err(|_| ParseError::Syntax)?;
        if has_more_items(batch, MAX_BATCH) {
            return Err(malformed(None, "a batch holds at most 50 messages"));
        }
        let mut messages = Vec::new();
        each_item(batch, |raw| {
            messages.push(Message::parse(raw.get()));
            ControlFlow::Continue(())
        });
        match messages.is_empty() {
            true => Err(malformed(None, "a batch holds at least one message")),
            false => Ok(Self::Batch(messages)),
        }
    }
}

/// The members that a message can have, before their combination is checked. All
/// are raw, because each may be as long as the body.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    jsonrpc: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<&'a RawValue>,
    params: Option<RawJson>,
    result: Option<RawJson>,
    error: Option<RawJson>,
}

/// Distinguishes `null` from an absent member: a message without an id is a
/// notification, but an id that is `null` is an error.
fn present<'de, D: Deserializer<'de>>(
    d: D,
) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(d).map(Some)
}

/// Parses a string; returns `None` for other values, and for invalid Unicode.
fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    serde_json::from_str(raw.get()).ok().map(|Text(text)| text)
}

/// Parses an id. Does not parse arrays and objects, which may be large.
fn request_id(raw: &RawValue) -> Option<RequestId> {
    let is_scalar = matches!(Kind::of(raw), Kind::Number | Kind::String);
    is_scalar.then(|| serde_json::from_str(raw.get()).ok())?
}

impl Message {
    fn parse(text: &str) -> Result<Self, ParseError> {
        // serde would accept an array as a struct's members in order.
        if !text.trim_start().starts_with('{') {
            return match serde_json::from_str::<&RawValue>(text) {
                Ok(_) => Err(malformed(None, "a message is a JSON object")),
                Err(_) => Err(ParseError::Syntax),
            };
        }
        let envelope: Envelope<'_> =
            serde_json::from_str(text).map_err(|error| {
                if error.is_data() {
                    malformed(None, "a member of the message is given twice")
                } else {
                    ParseError::Syntax
                }
            })?;
        Self::classify(envelope)
    }

    fn classify(envelope: Envelope<'_>) -> Result<Self, ParseError> {
        let Envelope { jsonrpc, id, method, params, result, error } = envelope;
        let has_id = id.is_some();
        let id = id.and_then(request_id);
        if has_id && id.is_none() {
            let rule = "id is a string of at most 256 bytes or a whole number";
            return Err(malformed(None, rule));
        }
        if jsonrpc.and_then(text).as_deref() != Some("2.0") {
            return Err(malformed(id, "jsonrpc is \"2.0\""));
        }
        let Some(method) = method else {
            return Self::response(id, result, error);
        };
        let Some(method) = text(method).map(Cow::into_owned) else {
            return Err(malformed(id, "method is a string"));
        };
        match (result, error) {
            (None, None) => Self::call(id, method, params),
            _ => {
                let rule = "a message has a method or a result, not both";
                Err(malformed(id, rule))
            }
        }
    }

    fn call(
        id: Option<RequestId>,
        method_name: String,
        params: Option<RawJson>,
    ) -> Result<Self, ParseError> {
        // serde would accept an array as the members of any parameters in order.
        let is_object = |params: &RawJson| params.get().starts_with('{');
        match id {
            Some(id) if !params.as_ref().is_none_or(is_object) => {
                Err(malformed(Some(id), "params is an object"))
            }
            Some(id) => {
                let meta = RequestMeta::of(params.as_ref());
                let method = Method::parse(&method_name);
                let request = Request { id, method, method_name, params, meta };
                Ok(Self::Request(request))
            }
            // L011: a notification is not answered, even if it is malformed.
            None => {
                let params = params.filter(is_object);
                Ok(Self::Notification(Notification { method: method_name, params }))
            }
        }
    }

    fn response(
        id: Option<RequestId>,
        result: Option<RawJson>,
        error: Option<RawJson>,
    ) -> Result<Self, ParseError> {
        let (id, outcome) = match (id, result, error) {
            (Some(id), Some(result), None) => (id, Ok(result)),
            (Some(id), None, Some(error)) => {
                let error = serde_json::from_str(error.get());
                let rule = "error has a code and a message";
                (id, Err(error.map_err(|_| malformed(None, rule))?))
            }
            (id, ..) => {
                return Err(malformed(id, "a message has a method or a result"));
            }
        };
        Ok(Self::Response(Response { id, outcome }))
    }
}

fn malformed(id: Option<RequestId>, rule: &'static str) -> ParseError {
    ParseError::Shape { id, rule }
}
