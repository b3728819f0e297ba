//! Headers that repeat parts of the body, so that intermediaries need not read it.
//! They must agree, because an intermediary and the server would otherwise act on
//! different values.
//! spec: basic/transports/streamable-http (standard and custom headers), 2026-07-28

use std::borrow::Cow;

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use super::error::HttpError;
use crate::engine::Engine;
use crate::protocol::RawJson;
use crate::protocol::jsonrpc::Request;
use crate::protocol::method::Method;

/// The header that repeats the method.
pub const METHOD_HEADER: &str = "mcp-method";
/// The header that repeats the name or the URI in the parameters.
pub const NAME_HEADER: &str = "mcp-name";

/// The marks around a value that is not plain ASCII.
const ENCODED: (&str, &str) = ("=?base64?", "?=");

/// Checks `Mcp-Method` and, where the request names an object, `Mcp-Name` (M065,
/// M066). Returns the name.
///
/// # Errors
/// [`HttpError::HeaderMismatch`]
pub fn check<'a>(
    headers: &HeaderMap,
    request: &'a Request,
) -> Result<Option<Cow<'a, str>>, HttpError> {
    let method = once(headers, METHOD_HEADER)?;
    if !method.is_some_and(|method| repeats(method, &request.method_name)) {
        return Err(HttpError::HeaderMismatch("Mcp-Method".into()));
    }
    let Some(name) = named(request) else { return Ok(None) };
    match decoded(headers, NAME_HEADER)? {
        Some(header) if header == name => Ok(Some(name)),
        _ => Err(HttpError::HeaderMismatch("Mcp-Name".into())),
    }
}

/// Refuses a false `Mcp-Method` of a notification, which needs none (A9).
///
/// # Errors
/// [`HttpError::HeaderMismatch`]
pub fn check_if_there(headers: &HeaderMap, method: &str) -> Result<(), HttpError> {
    match once(headers, METHOD_HEADER)? {
        Some(header) if !repeats(header, method) => {
            Err(HttpError::HeaderMismatch("Mcp-Method".into()))
        }
        _ => Ok(()),
    }
}

/// Checks the headers that repeat arguments of a call of `tool` (M068 to M074).
///
/// # Errors
/// [`HttpError::HeaderMismatch`]
pub fn check_arguments(
    engine: &Engine,
    headers: &HeaderMap,
    tool: &str,
    request: &Request,
) -> Result<(), HttpError> {
    #[derive(Deserialize)]
    struct Params {
        #[serde(default)]
        arguments: Value,
    }
    let parameters = engine.header_parameters(tool);
    // Few tools have such headers, and the others' arguments are not read for them.
    if parameters.is_empty() {
        return Ok(());
    }
    let Some(Params { arguments }) = read(request.params.as_ref()) else {
        return Ok(());
    };
    for parameter in parameters {
        let Some(argument) = parameter.value_in(&arguments) else { continue };
        let header = decoded(headers, &parameter.header)?;
        let agrees =
            header.is_some_and(|it| agree(&it, argument, parameter.is_integer));
        if !agrees {
            return Err(HttpError::HeaderMismatch(parameter.header.clone().into()));
        }
    }
    Ok(())
}

/// Returns the name in the parameters, if the method needs one. A request without
/// it has nothing that a header could repeat.
fn named(request: &Request) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Named<'a> {
        #[serde(borrow)]
        name: Cow<'a, str>,
    }
    #[derive(Deserialize)]
    struct Located<'a> {
        #[serde(borrow)]
        uri: Cow<'a, str>,
    }
    let params = request.params.as_ref();
    match request.method {
        Method::CallTool | Method::GetPrompt => {
            read(params).map(|Named { name }| name)
        }
        Method::ReadResource => read(params).map(|Located { uri }| uri),
        _ => None,
    }
}

fn read<'a, T: Deserialize<'a>>(params: Option<&'a RawJson>) -> Option<T> {
    serde_json::from_str(params?.get()).ok()
}

/// Returns whether a header has this value, once or joined from several equal
/// lines.
pub fn repeats(header: &str, value: &str) -> bool {
    header.split(',').all(|part| part.trim() == value)
}

/// Returns a header's value as it is. Different ones are ambiguous; names and
/// arguments may contain commas, so only whole lines are compared.
///
/// # Errors
/// [`HttpError::HeaderMismatch`] if they differ, or if it is not text.
pub fn once<'a>(
    headers: &'a HeaderMap,
    name: &str,
) -> Result<Option<&'a str>, HttpError> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    match value.to_str() {
        Ok(text) if values.all(|other| other == value) => Ok(Some(text.trim())),
        _ => Err(mismatch(name)),
    }
}

fn mismatch(header: &str) -> HttpError {
    HttpError::HeaderMismatch(header.to_owned().into())
}

/// Returns a header's value decoded (M067).
fn decoded<'a>(
    headers: &'a HeaderMap,
    name: &str,
) -> Result<Option<Cow<'a, str>>, HttpError> {
    let Some(text) = once(headers, name)? else { return Ok(None) };
    let encoded =
        text.strip_prefix(ENCODED.0).and_then(|text| text.strip_suffix(ENCODED.1));
    let Some(encoded) = encoded else { return Ok(Some(text.into())) };
    let bytes = STANDARD.decode(encoded).map_err(|_| mismatch(name))?;
    let text = String::from_utf8(bytes).map_err(|_| mismatch(name))?;
    Ok(Some(text.into()))
}

/// Returns whether a header repeats an argument. An argument that no header can
/// repeat is left to the tool's schema.
fn agree(header: &str, argument: &Value, is_integer: bool) -> bool {
    match argument {
        Value::String(text) => header == text,
        Value::Bool(truth) => header == truth.to_string(),
        // M072: `42.0` is `42`.
        Value::Number(number) if is_integer => {
            header == number.to_string()
                || number.as_f64().is_some_and(|it| header.parse() == Ok(it))
        }
        Value::Number(number) => header == number.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => true,
    }
}
