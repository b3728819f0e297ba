//! The classification of messages by era, for both transports.

use super::envelope::{BadEnvelope, Envelope};
use super::jsonrpc::{Message, Notification, Request};
use super::method::Method;

/// A message, classified by its era.
#[derive(Debug)]
pub enum MessageKind {
    /// A request of the stateless era.
    Stateless(Request, Envelope),
    /// A notification of the stateless era, with the version that it names. It has
    /// no effect, because a request of that era ends with its connection.
    StatelessNotification(Notification, Option<String>),
    /// The handshake that opens a session.
    Initialize(Request),
    /// Any other message, which belongs to a session.
    InSession(Message),
}

impl MessageKind {
    /// Classifies a message. A version in its `_meta` is a claim to the stateless
    /// era, and `initialize` to the stateful one. For other messages the transport
    /// decides, by `is_stateless`.
    ///
    /// # Errors
    /// [`BadEnvelope`] if a request of the stateless era lacks a required member.
    pub fn of(
        mut message: Message,
        is_stateless: bool,
    ) -> Result<Self, BadEnvelope> {
        let envelope = message.take_envelope();
        match (message, envelope) {
            (Message::Request(request), Some(envelope)) => {
                Ok(Self::Stateless(request, envelope?))
            }
            (Message::Request(request), None)
                if request.method == Method::Initialize =>
            {
                Ok(Self::Initialize(request))
            }
            (Message::Request(_), None) if is_stateless => {
                Err(BadEnvelope("_meta needs a protocolVersion"))
            }
            (Message::Notification(notification), envelope)
                if is_stateless || envelope.is_some() =>
            {
                let envelope = envelope.and_then(Result::ok);
                let version = envelope.map(|envelope| envelope.version);
                Ok(Self::StatelessNotification(notification, version))
            }
            (message, _) => Ok(Self::InSession(message)),
        }
    }
}

/// Returns whether a message is `server/discover`, which only the stateless era
/// has.
pub fn is_discovery(message: &Message) -> bool {
    matches!(message, Message::Request(request)
        if request.method == Method::Discover)
}
