//! Parses the results of the event log's scripts.

use serde_json::value::RawValue;

use crate::events::{EntryId, EntryKind, Event, ReaderLocation, StreamId};
use crate::sessions::StoreError;
use crate::sessions::store::Result;

pub(super) fn parse_stream(text: &str) -> Result<StreamId> {
    StreamId::parse(text).ok_or(StoreError::Damaged("a stream ID"))
}

pub(super) fn parse_entry(text: &str) -> Result<EntryId> {
    EntryId::parse(text).ok_or(StoreError::Damaged("an entry ID"))
}

/// The id of an entry, the id of the one before it, its kind, and its message.
pub(super) type Entry = (String, String, String, String);

pub(super) fn parse_event((id, previous, kind, message): Entry) -> Result<Event> {
    let kind = match &*kind {
        "opening" => EntryKind::Opening,
        "message" => EntryKind::Message,
        "end" => EntryKind::End,
        _ => return Err(StoreError::Damaged("an event kind")),
    };
    let message = Some(message).filter(|message| !message.is_empty());
    let message = message.map(RawValue::from_string).transpose();
    let message = message.map_err(|_| StoreError::Damaged("a message"))?;
    let (id, previous) = (parse_entry(&id)?, parse_entry(&previous)?);
    Ok(Event { id, previous, kind, message })
}

pub(super) fn parse_location(text: &str) -> ReaderLocation {
    match text {
        "here" => ReaderLocation::ThisNode,
        "elsewhere" => ReaderLocation::OtherNode,
        "replaced" => ReaderLocation::Replaced,
        _ => ReaderLocation::Closed,
    }
}
