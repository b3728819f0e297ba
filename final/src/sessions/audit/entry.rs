//! The entries of an audit trail.
//!
//! A call only copies the parts that the trail shows. Their JSON is written when
//! they are stored in Redis. In memory it is written when they are read, because
//! most entries in memory are never read.

use std::borrow::Cow;

use serde::Serialize;

use crate::protocol::jsonrpc::{Request, RequestId};
use crate::protocol::method::Method;
use crate::protocol::{RawJson, to_raw};
use crate::sessions::Timestamp;

/// The number of bytes of parameters and results that are shown.
const SUMMARY: usize = 200;

/// A request that is being served.
#[derive(Debug, Clone)]
pub struct AuditRequest {
    id: RequestId,
    method: Cow<'static, str>,
    at: Timestamp,
    params: Option<Box<str>>,
}

/// A request and its outcome: two entries of the trail.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    request: AuditRequest,
    at: Timestamp,
    outcome: &'static str,
    result: Option<Box<str>>,
}

/// An entry as it is read. Times are in milliseconds since 1970.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum Part<'a> {
    Request {
        timestamp: u64,
        id: &'a RequestId,
        method: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        params: Option<&'a str>,
    },
    Response {
        timestamp: u64,
        id: &'a RequestId,
        method: &'a str,
        outcome: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        result: Option<&'a str>,
    },
}

impl AuditRequest {
    /// Copies the parts of a request that are shown. It was received at `now`.
    pub fn new(now: Timestamp, request: &Request) -> Self {
        let Request { id, method, method_name, params, .. } = request;
        let method = match method {
            Method::Unknown => Cow::Owned(shorten(method_name).to_owned()),
            known => Cow::Borrowed(known.as_str()),
        };
        let params = params.as_ref().map(|params| shorten(params.get()).into());
        Self { id: id.clone(), method, at: now, params }
    }

    /// Adds the outcome.
    pub fn end(
        self,
        now: Timestamp,
        outcome: &'static str,
        result: Option<&RawJson>,
    ) -> AuditEntry {
        let result = result.map(|result| shorten(result.get()).into());
        AuditEntry { request: self, at: now, outcome, result }
    }
}

impl AuditEntry {
    /// The number of entries that a call has in the trail.
    pub const PARTS: usize = 2;

    /// Returns the request and the response, as clients read them.
    pub fn parts(&self) -> [RawJson; Self::PARTS] {
        let Self { request, at, outcome, result } = self;
        let AuditRequest { id, method, at: asked, params } = request;
        let params = params.as_deref();
        let result = result.as_deref();
        [
            to_raw(&Part::Request { timestamp: asked.0, id, method, params }),
            to_raw(&Part::Response {
                timestamp: at.0,
                id,
                method,
                outcome,
                result,
            }),
        ]
    }
}

/// Returns the beginning of a text, whole characters only.
fn shorten(text: &str) -> &str {
    let mut end = text.len().min(SUMMARY);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
