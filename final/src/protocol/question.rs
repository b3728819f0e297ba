//! Questions to the client: a request in the other direction.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::lifecycle::ClientCapabilities;
use super::version::Era;

/// A request that the server may put to a client.
/// One of [`Elicit`](super::elicitation::Elicit),
/// [`CreateMessage`](super::sampling::CreateMessage),
/// [`ListRoots`](super::roots::ListRoots).
pub trait Question: Serialize + Send + Sync {
    /// The name on the wire.
    const METHOD: &'static str;
    /// The capability that a client declares if it can be asked.
    const CAPABILITY: &'static str;
    /// What the client answers.
    type Answer: DeserializeOwned + Send;

    /// Whether this client said that it can be asked.
    fn is_allowed(&self, era: Era, client: ClientCapabilities) -> bool;

    /// Whether the answer is what was asked for.
    fn accepts(&self, _answer: &Self::Answer) -> bool {
        true
    }
}
