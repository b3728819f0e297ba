//! Sampling: questions to the client's model.
//! spec: client/sampling

use serde::{Deserialize, Serialize};

use super::content::{Content, Role};
use super::lifecycle::ClientCapabilities;
use super::question::Question;
use super::version::Era;

/// The parameters of `sampling/createMessage`, without tools.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateMessage {
    pub messages: Vec<SamplingMessage>,
    /// The longest answer, in tokens.
    pub max_tokens: u32,
}

/// One turn of a conversation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SamplingMessage {
    pub role: Role,
    pub content: Content,
}

/// The model's answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateMessageResult {
    /// The speaker, which is the assistant.
    pub role: Role,
    pub content: Content,
    pub model: String,
    pub stop_reason: Option<String>,
}

impl Question for CreateMessage {
    const METHOD: &'static str = "sampling/createMessage";
    const CAPABILITY: &'static str = "sampling";
    type Answer = CreateMessageResult;

    fn is_allowed(&self, _: Era, client: ClientCapabilities) -> bool {
        client.sampling
    }
}
