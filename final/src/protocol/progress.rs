//! Progress and cancellation of a running request.
//! spec: basic/utilities/progress, basic/utilities/cancellation

use serde::{Deserialize, Serialize};

use super::jsonrpc::RequestId;

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
