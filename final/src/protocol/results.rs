//! What every result of the stateless era carries besides its own members.
//! spec: basic/index (result type, per-response fields), 2026-07-28

use serde::Serialize;
use serde_json::value::RawValue;

use super::caching::CacheHint;
use super::jsonrpc::RequestId;
use super::{RawJson, to_raw};

/// What a result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultType {
    /// The answer.
    Complete,
    /// A question first.
    InputRequired,
}

/// The members that are added to a result.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResultEnvelope<'a> {
    /// What the result is (M006).
    pub result_type: ResultType,
    /// How long it may be kept, if it may.
    #[serde(flatten)]
    pub cache: Option<CacheHint>,
    /// Who answers (M022), and on which subscription.
    #[serde(rename = "_meta")]
    pub meta: ResultMeta<'a>,
}

/// The `_meta` of a result.
#[derive(Debug, Serialize)]
pub struct ResultMeta<'a> {
    /// The server, an [`Implementation`](super::lifecycle::Implementation). Written
    /// once, because it is in every result.
    #[serde(rename = "io.modelcontextprotocol/serverInfo")]
    pub server: &'a RawValue,
    /// The request that listened, at the end of its stream.
    #[serde(rename = "io.modelcontextprotocol/subscriptionId")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscription: Option<&'a RequestId>,
}

impl ResultEnvelope<'_> {
    /// The same result with these members in front of its own. Our results are
    /// compact JSON objects that have none of them, so the texts are joined.
    pub fn on(&self, result: &RawValue) -> RawJson {
        let stamp = to_raw(self);
        let (Some(stamp), Some(own)) =
            (stamp.get().strip_suffix('}'), result.get().strip_prefix('{'))
        else {
            return result.to_owned();
        };
        let comma = if own == "}" { "" } else { "," };
        RawValue::from_string(format!("{stamp}{comma}{own}")).unwrap_or_default()
    }
}
