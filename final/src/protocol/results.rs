//! The members that every result of the stateless era has besides its own.
//! spec: basic/index (result type, per-response fields), 2026-07-28

use serde::Serialize;
use serde_json::value::RawValue;

use super::caching::CacheHint;
use super::jsonrpc::RequestId;
use super::{RawJson, to_raw};

/// The type of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultType {
    /// The answer to the request.
    Complete,
    /// Questions that the client must answer first.
    InputRequired,
}

/// The members that are added to a result.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResultEnvelope<'a> {
    /// The type of the result (M006).
    pub result_type: ResultType,
    /// The hint for caches, if the result may be cached.
    #[serde(flatten)]
    pub cache: Option<CacheHint>,
    /// The server (M022), and the subscription that the result ends.
    #[serde(rename = "_meta")]
    pub meta: ResultMeta<'a>,
}

/// The `_meta` of a result.
#[derive(Debug, Serialize)]
pub struct ResultMeta<'a> {
    /// The server, an [`Implementation`](super::lifecycle::Implementation). It is
    /// serialized once, because it is in every result.
    #[serde(rename = "io.modelcontextprotocol/serverInfo")]
    pub server: &'a RawValue,
    /// The id of the `subscriptions/listen` request, at the end of its stream.
    #[serde(rename = "io.modelcontextprotocol/subscriptionId")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscription: Option<&'a RequestId>,
}

impl ResultEnvelope<'_> {
    /// Returns `result` with these members before its own. The server's results are
    /// compact JSON objects without these members, so this only joins two texts.
    pub fn on(&self, result: &RawValue) -> RawJson {
        let added = to_raw(self);
        let (Some(added), Some(own)) =
            (added.get().strip_suffix('}'), result.get().strip_prefix('{'))
        else {
            return result.to_owned();
        };
        let comma = if own == "}" { "" } else { "," };
        RawValue::from_string(format!("{added}{comma}{own}")).unwrap_or_default()
    }
}
