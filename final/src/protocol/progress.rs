//! Progress and cancellation of a running request.
//! spec: basic/utilities/progress, basic/utilities/cancellation

use serde::{Deserialize, Serialize};

use super::RawJson;
use super::jsonrpc::RequestId;
use super::raw::null_is_absent;

/// The `_meta` of a request, as far as the server reads it.
#[derive(Debug, Default, Deserialize)]
pub struct RequestMeta {
    /// Present if the caller wants progress notifications.
    #[serde(rename = "progressToken")]
    pub progress_token: Option<ProgressToken>,
}

/// Any parameters, of which only `_meta` is read.
#[derive(Debug, Default, Deserialize)]
pub struct WithMeta {
    /// Absent in most requests.
    #[serde(rename = "_meta", default, deserialize_with = "null_is_absent")]
    pub meta: RequestMeta,
}

impl WithMeta {
    /// Returns the progress token of a request, if it has a usable one.
    pub fn progress_token(params: Option<&RawJson>) -> Option<ProgressToken> {
        let params = params?.get();
        // The many calls without a token skip this second parse.
        if !params.contains("progressToken") {
            return None;
        }
        serde_json::from_str::<Self>(params).ok()?.meta.progress_token
    }
}

/// A token that the caller chooses: a string or a whole number, like a request id.
pub type ProgressToken = RequestId;

/// The parameters of `notifications/progress`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress<'a> {
    pub progress_token: &'a ProgressToken,
    /// Grows from one message to the next.
    pub progress: f64,
    /// The value of `progress` at the end, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<&'a str>,
}

/// The parameters of `notifications/cancelled`, in both directions.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelledParams {
    /// The request that is no longer wanted.
    pub request_id: RequestId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
