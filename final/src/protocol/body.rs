//! Reads a body: one parse, parameters left raw until the method is known.
//! spec: basic/index (messages), basic/transports (sending messages)

use serde::{Deserialize, Deserializer};
use serde_json::{Value, value::RawValue};

use super::{
    RawJson,
    jsonrpc::{Message, Notification, Request, RequestId, Response},
};

/// How deep arrays and objects may nest in a body. Real messages stay below
/// ten; unbounded nesting is how a small body exhausts a stack.
pub const MAX_DEPTH: usize = 64;

/// How many messages an array may hold, in the one version that has arrays.
pub const MAX_BATCH: usize = 50;

/// A body: one message, or an array where the version allows it.
#[derive(Debug, Clone)]
pub enum Body {
    /// The usual case.
    Single(Message),
    /// 2025-03-26 only. Each element stands or falls alone.
    Batch(Vec<Result<Message, ParseError>>),
}

/// Why a body is not a message.
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
    /// The id of the malformed message, if it could be read.
    pub fn id(&self) -> Option<RequestId> {
        match self {
            Self::Shape { id, .. } => id.clone(),
            Self::Syntax | Self::TooDeep => None,
        }
    }
}

impl Body {
    /// Reads a body.
    ///
    /// # Errors
    /// [`ParseError`] names the first rule that the body breaks.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let text = std::str::from_utf8(bytes).map_err(|_| ParseError::Syntax)?;
        check_depth(bytes)?;
        if text.trim_start().starts_with('[') {
            return Self::parse_batch(text);
        }
        Message::parse(text).map(Self::Single)
    }

    fn parse_batch(text: &str) -> Result<Self, ParseError> {
        let elements: Vec<&RawValue> =
            serde_json::from_str(text).map_err(|_| ParseError::Syntax)?;
        match elements.len() {
            0 => Err(shape(None, "a batch holds at least one message")),
            1..=MAX_BATCH => Ok(Self::Batch(
                elements.iter().map(|raw| Message::parse(raw.get())).collect(),
            )),
            _ => Err(shape(None, "a batch holds at most 50 messages")),
        }
    }
}

/// Every member that a message can have, before their combination is judged.
#[derive(Deserialize)]
struct Envelope {
    jsonrpc: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    id: Option<Value>,
    method: Option<Value>,
    params: Option<RawJson>,
    result: Option<RawJson>,
    error: Option<RawJson>,
}

/// Keeps `null` apart from absence: an absent id makes a notification, a null
/// one is an error.
fn present<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(d).map(Some)
}

impl Message {
    fn parse(text: &str) -> Result<Self, ParseError> {
        // serde would accept an array as a struct's members in order.
        if !text.trim_start().starts_with('{') {
            return match serde_json::from_str::<&RawValue>(text) {
                Ok(_) => Err(shape(None, "a message is a JSON object")),
                Err(_) => Err(ParseError::Syntax),
            };
        }
        let envelope: Envelope = serde_json::from_str(text).map_err(|error| {
            if error.is_data() {
                shape(None, "a member of the message is given twice")
            } else {
                ParseError::Syntax
            }
        })?;
        Self::judge(envelope)
    }

    fn judge(envelope: Envelope) -> Result<Self, ParseError> {
        let Envelope { jsonrpc, id, method, params, result, error } = envelope;
        let has_id = id.is_some();
        let id = id.and_then(RequestId::from_value);
        if has_id && id.is_none() {
            return Err(shape(
                None,
                "id is a string of at most 256 bytes or a whole number",
            ));
        }
        if jsonrpc.as_ref().and_then(Value::as_str) != Some("2.0") {
            return Err(shape(id, "jsonrpc is \"2.0\""));
        }
        // serde would accept an array as the members of any parameters in order.
        let is_object = |params: &RawJson| params.get().starts_with('{');
        let has_names = params.as_ref().is_none_or(is_object);
        match (method, id, result, error) {
            (Some(Value::String(_)), Some(id), None, None) if !has_names => {
                Err(shape(Some(id), "params is an object"))
            }
            (Some(Value::String(method)), Some(id), None, None) => {
                Ok(Self::Request(Request { id, method, params }))
            }
            (Some(Value::String(method)), None, None, None) => {
                // L011: what is wrong with it is nobody's to be told.
                let params = params.filter(is_object);
                Ok(Self::Notification(Notification { method, params }))
            }
            (Some(Value::String(_)), id, ..) => {
                Err(shape(id, "a message has a method or a result, not both"))
            }
            (Some(_), id, ..) => Err(shape(id, "method is a string")),
            (None, Some(id), Some(result), None) => {
                Ok(Self::Response(Response { id, outcome: Ok(result) }))
            }
            (None, Some(id), None, Some(error)) => {
                match serde_json::from_str(error.get()) {
                    Ok(error) => {
                        Ok(Self::Response(Response { id, outcome: Err(error) }))
                    }
                    Err(_) => Err(shape(None, "error has a code and a message")),
                }
            }
            (None, id, ..) => Err(shape(id, "a message has a method or a result")),
        }
    }
}

fn shape(id: Option<RequestId>, rule: &'static str) -> ParseError {
    ParseError::Shape { id, rule }
}

/// Raw values hide how deep they nest, so the bytes are counted before anything
/// is parsed.
fn check_depth(bytes: &[u8]) -> Result<(), ParseError> {
    // Too few brackets to nest too deep: nearly every message, told in one quick
    // pass that the compiler makes of vector instructions.
    let opening = bytes.iter().filter(|byte| matches!(byte, b'{' | b'[')).count();
    if opening <= MAX_DEPTH {
        return Ok(());
    }
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(ParseError::TooDeep);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}
