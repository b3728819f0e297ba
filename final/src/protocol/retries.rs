//! Questions in the stateless era: the answer to a request asks for input, and the
//! client sends the request again with the answers.
//! spec: basic/patterns/mrtr, 2026-07-28

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::RawJson;

/// Answers by the key under which they were asked for.
pub type Answers = BTreeMap<String, RawJson>;

/// What a request brings if it is a retry.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Retry {
    /// Answers to what was asked in the last round.
    pub input_responses: Option<Answers>,
    /// What the server wanted to be reminded of.
    pub request_state: Option<String>,
}

impl Retry {
    /// What the parameters of a request say about a retry; `None` if it cannot be
    /// read.
    pub fn of(params: Option<&RawJson>) -> Option<Self> {
        let Some(params) = params.map(|params| params.get()) else {
            return Some(Self::default());
        };
        // A second look at the parameters, spared to first requests.
        if !params.contains("inputResponses") && !params.contains("requestState") {
            return Some(Self::default());
        }
        serde_json::from_str(params).ok()
    }
}

/// One question to the client.
#[derive(Debug, Clone, Serialize)]
pub struct InputRequest {
    /// As a request of the stateful era would be called.
    pub method: &'static str,
    /// The question.
    pub params: RawJson,
}

/// Questions by the key under which the answers are expected (M095).
pub type InputRequests = BTreeMap<String, InputRequest>;

/// The result that asks for input.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InputRequired<'a> {
    /// What to ask.
    pub input_requests: &'a InputRequests,
    /// What to send back with the answers, as it is.
    pub request_state: String,
}
