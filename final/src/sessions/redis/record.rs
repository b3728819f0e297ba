//! A session record as the fields of a Redis hash.
//!
//! Fields are changed one by one, and unknown fields are kept: while a deployment
//! is being updated, a newer release may have written them.

use std::collections::HashMap;

use crate::protocol::lifecycle::{ClientCapabilities, ClientInfo};
use crate::protocol::logging::Level;
use crate::protocol::version::Era;
use crate::sessions::{
    Phase, Principal, SessionId, SessionInit, SessionRecord, StoreError, Timestamp,
};

/// The schema that this release writes, and the newest that it can read. It is a
/// constant of the scripts, which write it.
pub(super) const SCHEMA: u64 = 1;

/// The prefix of a subscription's field, before the resource's URI.
pub(super) const SUBSCRIPTION: &str = "sub:";

pub(super) const PHASE: &str = "phase";
pub(super) const READY: &str = "ready";
pub(super) const LOG_LEVEL: &str = "log_level";
const INITIALIZING: &str = "initializing";

/// Returns the field that exists while a resource is subscribed to.
pub(super) fn subscription(uri: &str) -> String {
    format!("{SUBSCRIPTION}{uri}")
}

/// Returns the fields and values of a new record; the script adds the schema and
/// the times.
pub(super) fn encode<'a>(
    session: &'a SessionInit,
    node: &'a str,
    capabilities: &'a str,
) -> [[&'a str; 2]; 10] {
    let phase = match session.first_phase() {
        Phase::Initializing => INITIALIZING,
        Phase::Ready => READY,
    };
    [
        ["principal", session.principal.as_str()],
        ["owner", &session.owner],
        ["version", session.era.as_str()],
        ["client_name", &session.client.name],
        ["client_version", &session.client.version],
        ["capabilities", capabilities],
        ["node", node],
        [PHASE, phase],
        ["requests", "0"],
        ["recorded", "0"],
    ]
}

/// Reads a record.
///
/// # Errors
/// [`StoreError::NewerSchema`] and [`StoreError::Damaged`].
pub(super) fn decode(
    id: &SessionId,
    mut fields: HashMap<String, String>,
) -> Result<SessionRecord, StoreError> {
    let found = number(&fields, "schema")?;
    if found > SCHEMA {
        return Err(StoreError::NewerSchema { found, known: SCHEMA });
    }
    let mut take =
        |name: &'static str| fields.remove(name).ok_or(StoreError::Damaged(name));
    let opened = SessionInit {
        id: *id,
        principal: Principal::named(&take("principal")?),
        owner: take("owner")?,
        era: Era::parse(&take("version")?).ok_or(StoreError::Damaged("version"))?,
        client: ClientInfo {
            name: take("client_name")?,
            version: take("client_version")?,
        },
        capabilities: ClientCapabilities::from_words(&take("capabilities")?),
    };
    let phase = match take(PHASE)?.as_str() {
        INITIALIZING => Phase::Initializing,
        READY => Phase::Ready,
        _ => return Err(StoreError::Damaged(PHASE)),
    };
    Ok(SessionRecord {
        init: opened.into(),
        phase,
        log_level: fields.get(LOG_LEVEL).and_then(|name| Level::from_name(name)),
        created: Timestamp(number(&fields, "created")?),
        last_activity: Timestamp(number(&fields, "last_activity")?),
        requests: number(&fields, "requests")?,
        recorded: number(&fields, "recorded")?,
        subscriptions: fields
            .keys()
            .filter_map(|name| name.strip_prefix(SUBSCRIPTION))
            .map(str::to_owned)
            .collect(),
    })
}

fn number(
    fields: &HashMap<String, String>,
    name: &'static str,
) -> Result<u64, StoreError> {
    let value = fields.get(name).and_then(|value| value.parse().ok());
    value.ok_or(StoreError::Damaged(name))
}
