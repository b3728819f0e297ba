//! The format of messages on the channels.

use crate::bus::{BusMessage, RemoteChange};
use crate::events::StreamId;
use crate::protocol::subscriptions::List;
use crate::sessions::{NodeId, SessionId};

/// Writes a change for the channel of all nodes. The sender comes first.
pub(super) fn format_change(sender: &NodeId, change: &RemoteChange) -> String {
    let (kind, what) = match change {
        RemoteChange::Resource(uri) => ("changed", &**uri),
        RemoteChange::Tape(uri) => ("tape", &**uri),
        RemoteChange::List(list) => ("list", list.as_str()),
    };
    format!("{sender} {kind} {what}")
}

/// Parses a message on the channel of all nodes, unless `node` has sent it itself.
pub(super) fn parse_broadcast(node: &NodeId, payload: &str) -> Option<BusMessage> {
    let (sender, message) = payload.split_once(' ')?;
    if sender == node.as_str() {
        return None;
    }
    let (kind, what) = message.split_once(' ')?;
    let change = match kind {
        "changed" => RemoteChange::Resource(what.to_owned()),
        "tape" => RemoteChange::Tape(what.to_owned()),
        "list" => RemoteChange::List(List::from_name(what)?),
        "cancel" => {
            let (session, call) = what.split_once(' ')?;
            let call = serde_json::from_str(call).ok()?;
            return Some(BusMessage::Cancel(SessionId::parse(session)?, call));
        }
        _ => return None,
    };
    Some(BusMessage::Changed(change))
}

/// Parses a message on the channel of a node, for example `<session> look` or
/// `<session> read <stream>`.
pub(super) fn parse_addressed(payload: &str) -> Option<BusMessage> {
    let (session, message) = payload.split_once(' ')?;
    let session = SessionId::parse(session)?;
    let Some((kind, stream)) = message.split_once(' ') else {
        return (message == "look").then_some(BusMessage::PullMailbox(session));
    };
    let stream = StreamId::parse(stream)?;
    match kind {
        "read" => Some(BusMessage::Read(session, stream)),
        "claimed" => Some(BusMessage::TakenOver(session, stream)),
        _ => None,
    }
}
