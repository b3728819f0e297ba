//! Questions in the stateless era: the result of a request asks for input, and the
//! client sends the request again with the answers.
//! spec: basic/patterns/mrtr, 2026-07-28

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::RawJson;

/// The answers, by the keys of their questions.
pub type Answers = BTreeMap<String, RawJson>;

/// The members that make a request a retry.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Retry {
    /// The answers to the questions of the last round.
    pub input_responses: Option<Answers>,
    /// The state that the server sent with the questions.
    pub request_state: Option<String>,
}

impl Retry {
    /// Reads these members from the parameters of a request; returns `None` if they
    /// cannot be read.
    pub fn of(params: Option<&RawJson>) -> Option<Self> {
        let Some(params) = params.map(|params| params.get()) else {
            return Some(Self::default());
        };
        // Requests that are not retries skip this second parse.
        if !params.contains("inputResponses") && !params.contains("requestState") {
            return Some(Self::default());
        }
        serde_json::from_str(params).ok()
    }
}

/// One question to the client.
#[derive(Debug, Clone, Serialize)]
pub struct InputRequest {
    /// The method that the question has in the stateful era.
    pub method: &'static str,
    /// The parameters of the question.
    pub params: RawJson,
}

/// The questions, by the keys that their answers must have (M095).
pub type InputRequests = BTreeMap<String, InputRequest>;

/// The result that asks for input.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InputRequired<'a> {
    /// The questions.
    pub input_requests: &'a InputRequests,
    /// The state that the client must send back with the answers, unchanged.
    pub request_state: String,
}
