//! A session record as the fields of a Redis hash.
//!
//! Fields are changed one by one, and unknown fields are kept: while a deployment
//! is being updated, a newer release may have written them.

use std::collections::HashMap;

use crate::protocol::lifecycle::ClientInfo;
use crate::protocol::version;
use crate::sessions::{
    Phase, Principal, SessionId, SessionInit, SessionRecord, StoreError, Timestamp,
};

/// The schema that this release writes, and the newest that it can read. It is a
/// constant of the scripts, which write it.
pub(super) const SCHEMA: u64 = 1;

pub(super) const PHASE: &str = "phase";
pub(super) const READY: &str = "ready";
const INITIALIZING: &str = "initializing";

/// Returns the fields and values of a new record; the script adds the schema and
/// the times.
pub(super) fn encode<'a>(
    session: &'a SessionInit,
    node: &'a str,
) -> [[&'a str; 2]; 8] {
    [
        ["principal", session.principal.as_str()],
        ["version", session.version],
        ["client_name", &session.client.name],
        ["client_version", &session.client.version],
        ["node", node],
        [PHASE, INITIALIZING],
        ["requests", "0"],
        ["recorded", "0"],
    ]
}

/// Reads a record. The script that returned it has checked its schema.
///
/// # Errors
/// [`StoreError::Damaged`]
pub(super) fn decode(
    id: &SessionId,
    mut fields: HashMap<String, String>,
) -> Result<SessionRecord, StoreError> {
    let mut take =
        |name: &'static str| fields.remove(name).ok_or(StoreError::Damaged(name));
    let opened = SessionInit {
        id: *id,
        principal: Principal::named(&take("principal")?),
        version: version::parse(&take("version")?)
            .ok_or(StoreError::Damaged("version"))?,
        client: ClientInfo {
            name: take("client_name")?,
            version: take("client_version")?,
        },
    };
    let phase = match take(PHASE)?.as_str() {
        INITIALIZING => Phase::Initializing,
        READY => Phase::Ready,
        _ => return Err(StoreError::Damaged(PHASE)),
    };
    Ok(SessionRecord {
        init: opened.into(),
        phase,
        created: Timestamp(number(&fields, "created")?),
        last_activity: Timestamp(number(&fields, "last_activity")?),
        requests: number(&fields, "requests")?,
        recorded: number(&fields, "recorded")?,
    })
}

fn number(
    fields: &HashMap<String, String>,
    name: &'static str,
) -> Result<u64, StoreError> {
    let value = fields.get(name).and_then(|value| value.parse().ok());
    value.ok_or(StoreError::Damaged(name))
}
