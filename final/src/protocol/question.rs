//! Questions: requests from the server to the client.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::lifecycle::ClientCapabilities;
use super::version::Era;

/// A request that the server may send to a client: one of
/// [`Elicit`](super::elicitation::Elicit),
/// [`CreateMessage`](super::sampling::CreateMessage),
/// [`ListRoots`](super::roots::ListRoots).
pub trait Question: Serialize + Send + Sync {
    /// The name on the wire.
    const METHOD: &'static str;
    /// The capability that clients declare if they can answer.
    const CAPABILITY: &'static str;
    /// The client's answer.
    type Answer: DeserializeOwned + Send;

    /// Returns whether this client has declared that it can answer.
    fn is_allowed(&self, era: Era, client: ClientCapabilities) -> bool;

    /// Returns whether the answer matches the question.
    fn accepts(&self, _answer: &Self::Answer) -> bool {
        true
    }
}
