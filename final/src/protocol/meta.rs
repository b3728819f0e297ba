//! The `_meta` of a request, read once.
//! spec: basic/index (general fields)

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::RawJson;
use super::envelope::{BadEnvelope, Envelope};
use super::progress::ProgressToken;
use super::trace::{TRACEPARENT, TraceContext};

/// The members of a `_meta`, raw: most of what is in them is not read.
pub(super) type Meta<'a> = BTreeMap<String, &'a RawValue>;

/// What a request says in its `_meta`. What cannot be read is absent.
#[derive(Debug, Clone, Default)]
pub struct RequestMeta {
    /// Set if the client wants progress reports.
    pub progress_token: Option<ProgressToken>,
    /// Where in the client's trace the request belongs.
    pub trace: Option<TraceContext>,
    /// Set if it names a protocol version, as all requests of the stateless era do.
    pub envelope: Option<Result<Envelope, BadEnvelope>>,
}

impl RequestMeta {
    /// Reads the `_meta` of parameters; `None` if they have none.
    pub fn of(params: Option<&RawJson>) -> Option<Box<Self>> {
        #[derive(Deserialize)]
        struct Params<'a> {
            #[serde(rename = "_meta", borrow)]
            meta: Meta<'a>,
        }
        // Few requests of a session have one: the others are not parsed for it.
        let params = params?.get();
        if !params.contains("_meta") {
            return None;
        }
        let Params { meta } = serde_json::from_str(params).ok()?;
        let token = meta.get("progressToken").copied();
        let trace: Option<String> =
            meta.get(TRACEPARENT).copied().and_then(as_type);
        Some(Box::new(Self {
            progress_token: token.and_then(as_type),
            trace: trace.and_then(|text| TraceContext::parse(&text)),
            envelope: Envelope::of(&meta),
        }))
    }
}

pub(super) fn as_type<T: DeserializeOwned>(raw: &RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}
