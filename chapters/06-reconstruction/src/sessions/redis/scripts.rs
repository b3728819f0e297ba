//! The scripts of sessions. Every change of a session is one of them, and so is
//! **atomic**.

use super::keys::KEYS;
use super::record::SCHEMA;
use crate::redis::{Part, TIME, arguments, scripts};
use crate::sessions::StoreSettings;
use crate::sessions::clock::millis;
use crate::sessions::record::HISTORY_LIMIT;

/// All scripts of sessions.
pub(super) struct Scripts {
    pub session: SessionScripts,
    pub index: IndexScripts,
}

arguments! {
    /// The arguments of every script on a session: this node.
    pub(super) struct InSession(node)
}

scripts! {
    /// The scripts that change a session.
    pub(super) struct SessionScripts {
        touch: Touch(requests),
        change: Change(field, value),
        append: Append(; entries),
        terminate,
    }
}

scripts! {
    /// The scripts that do not need a session.
    pub(super) struct IndexScripts {
        create[record]: Create(; fields),
        count_active[index],
        sweep[index],
    }
}

impl Scripts {
    /// Builds the scripts.
    pub fn new(settings: &StoreSettings) -> Self {
        let constants = vec![
            ("newest_schema", SCHEMA.to_string()),
            ("timeout", millis(settings.timeout).to_string()),
            ("history_limit", HISTORY_LIMIT.to_string()),
        ];
        let settings = Part { constants, ..Part::default() };
        let session = Part {
            keys: KEYS,
            arguments: InSession::NAMES,
            lists: InSession::LISTS,
            ..Part::new(include_str!("lua/session.lua"))
        };
        Self {
            session: SessionScripts::behind(&[TIME, settings.clone(), session]),
            index: IndexScripts::behind(&[TIME, settings]),
        }
    }
}
