//! A calculator that speaks MCP over HTTP, in one file.

use std::env;
use std::error::Error;
use std::io::{Write, stderr};
use std::process::ExitCode;

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use serde_json::{Number, Value, json};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> ExitCode {
    let Err(error) = serve().await else { return ExitCode::SUCCESS };
    // Returned from here, it would be printed for programmers.
    let _ = writeln!(stderr(), "{error}");
    ExitCode::FAILURE
}

/// Serves until the process ends.
async fn serve() -> Result<(), Box<dyn Error>> {
    let host = env::var("HOST").unwrap_or_else(|_| "127.0.0.1".into());
    let port = env::var("PORT").unwrap_or_else(|_| "1453".into());
    let listener = TcpListener::bind(format!("{host}:{port}")).await;
    let listener = listener.map_err(|error| {
        format!("cannot listen on {host}:{port}: {error}. Choose another PORT")
    })?;
    let address = listener.local_addr()?;
    // `eprintln!` panics if standard error is closed. A lost line must not stop the
    // server.
    let _ = writeln!(stderr(), "listening on http://{address}/mcp");
    // Other methods get 405: there is no stream to GET, no session to DELETE.
    let router = Router::new().route("/mcp", routing::post(post));
    Ok(axum::serve(listener, router).await?)
}

/// Handles POST /mcp: one message of a client.
/// spec: basic/transports (sending messages to the server)
async fn post(body: Bytes) -> Response {
    match Message::parse(&body) {
        Ok(Message::Request(request)) => {
            let outcome = dispatch(&request);
            json(StatusCode::OK, response_message(&request.id, outcome))
        }
        Ok(Message::Notification) => StatusCode::ACCEPTED.into_response(),
        Err(error) => json(StatusCode::BAD_REQUEST, error_message(None, &error)),
    }
}

/// One JSON text as a response.
pub fn json(status: StatusCode, message: RawJson) -> Response {
    let text = String::from(Box::<str>::from(message));
    (status, [(CONTENT_TYPE, "application/json")], text).into_response()
}

/// Dispatches a request by its method.
fn dispatch(request: &Request) -> Result<RawJson, RpcError> {
    let params = request.params.as_ref();
    match request.method.as_str() {
        "initialize" => initialize(params),
        "ping" => Ok(to_raw(&json!({}))),
        "tools/list" => Ok(to_raw(&json!({ "tools": [calculate_tool()] }))),
        "tools/call" => call_tool(params),
        _ => Err(RpcError::new(METHOD_NOT_FOUND, "method not found")),
    }
}

/// Answers the handshake: the version, the capabilities, the server's name.
/// spec: basic/lifecycle (initialization)
fn initialize(params: Option<&RawJson>) -> Result<RawJson, RpcError> {
    let InitializeParams { protocol_version } = parse(params)?;
    Ok(to_raw(&json!({
        "protocolVersion": negotiate(&protocol_version),
        "capabilities": { "tools": {} },
        "serverInfo": {
            "name": "stateful-mcp-calculator",
            "title": "Stateful calculator",
            "version": "0.1.0",
        },
    })))
}

/// Calls a tool. Only an unknown tool is a protocol error. What goes wrong inside a
/// tool is a result, so that the model can read it and try again.
fn call_tool(params: Option<&RawJson>) -> Result<RawJson, RpcError> {
    let CallToolParams { name, arguments } = parse(params)?;
    if name != "calculate" {
        return Err(RpcError::new(INVALID_PARAMS, "unknown tool"));
    }
    let (text, is_error) = match calculate(arguments.as_ref()) {
        Ok(text) => (text, false),
        Err(rule) => (rule.to_owned(), true),
    };
    Ok(to_raw(&json!({
        "content": [{ "type": "text", "text": text }],
        "isError": is_error,
    })))
}

/// Reads parameters as the type that the method takes; absent ones as `{}`.
pub fn parse<T: DeserializeOwned>(params: Option<&RawJson>) -> Result<T, RpcError> {
    let rule = "params do not fit the method";
    from_raw(params).ok_or_else(|| RpcError::new(INVALID_PARAMS, rule))
}

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

/// One message that a client may send.
#[derive(Debug, Clone)]
pub enum Message {
    /// Must be answered.
    Request(Request),
    /// Is never answered, not even with an error.
    Notification,
}

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
            Ok(RawMessage { id: None, .. }) => Ok(Self::Notification),
            Ok(RawMessage { id: Some(id), method, params, .. }) => {
                Ok(Self::Request(Request { id, method, params }))
            }
            Err(error) if error.is_data() => Err(not_a_message),
            Err(_) => Err(not_json),
        }
    }
}

/// The body is not JSON.
pub const PARSE_ERROR: i32 = -32700;
/// JSON, but not a message that is allowed here.
pub const INVALID_REQUEST: i32 = -32600;
/// The method is unknown.
pub const METHOD_NOT_FOUND: i32 = -32601;
/// The method is known, its parameters are wrong.
pub const INVALID_PARAMS: i32 = -32602;

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

/// The protocol versions that we speak, newest first.
pub const VERSIONS: [&str; 2] = ["2025-11-25", "2025-06-18"];

/// The answer to a client that asks for `requested`: the same version if we
/// speak it, else our latest. Never an error.
pub fn negotiate(requested: &str) -> &'static str {
    let known = VERSIONS.into_iter().find(|version| *version == requested);
    known.unwrap_or(VERSIONS[0])
}

/// The parameters of `initialize`, as far as they are used.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InitializeParams {
    /// The version that the client asks for.
    pub protocol_version: String,
}

/// The parameters of `tools/call`.
#[derive(Debug, Deserialize)]
pub struct CallToolParams {
    /// Which tool.
    pub name: String,
    /// Raw until the tool is known; absent means `{}`.
    pub arguments: Option<RawJson>,
}

/// Describes the tool to clients.
fn calculate_tool() -> Value {
    json!({
        "name": "calculate",
        "title": "Calculate",
        "description": "Adds, subtracts, multiplies or divides two numbers.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "a": { "type": "number", "description": "The first number." },
                "b": { "type": "number", "description": "The second number." },
                "op": { "enum": ["add", "subtract", "multiply", "divide"] },
            },
            "required": ["a", "b", "op"],
            "additionalProperties": false,
        },
    })
}

/// The arguments of `calculate`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalculateArguments {
    /// The first number.
    pub a: f64,
    /// The second number; not 0 when op is divide.
    pub b: f64,
    /// The operation on a and b, in this order.
    pub op: Operation,
}

/// The rule that a model reads if its arguments do not fit.
const ARGUMENTS_RULE: &str = "a and b must be numbers, op must be add, subtract, \
    multiply or divide; each once, and nothing else";

/// Calculates, and formats the result for a reader.
fn calculate(arguments: Option<&RawJson>) -> Result<String, &'static str> {
    let CalculateArguments { a, b, op } =
        from_raw(arguments).ok_or(ARGUMENTS_RULE)?;
    let result = op.apply(a, b)?;
    Ok(format!("{a} {} {b} = {result}", op.name()))
}

/// An operation on two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// a + b
    Add,
    /// a - b
    Subtract,
    /// a × b
    Multiply,
    /// a ÷ b
    Divide,
}

impl Operation {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Subtract => "subtract",
            Self::Multiply => "multiply",
            Self::Divide => "divide",
        }
    }

    /// Calculates the result for `a` and `b`.
    ///
    /// # Errors
    /// The rule that `a` and `b` break, for a model to read.
    pub fn apply(self, a: f64, b: f64) -> Result<f64, &'static str> {
        let result = match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide if b == 0.0 => {
                return Err("b must not be 0 when op is divide");
            }
            Self::Divide => a / b,
        };
        // JSON has no infinity.
        let rule = "a and b must have a result below 1.8e308";
        if result.is_finite() { Ok(result) } else { Err(rule) }
    }
}
