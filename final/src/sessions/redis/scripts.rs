//! The scripts of sessions. Every change of a session is one of them, and so is
//! **atomic**.

use super::keys::KEYS;
use super::record::{SCHEMA, SUBSCRIPTION};
use crate::redis::{Part, TIME, arguments, lua_text, scripts};
use crate::sessions::StoreSettings;
use crate::sessions::clock::millis;
use crate::sessions::record::HISTORY_LIMIT;

/// All scripts of sessions.
pub(super) struct Scripts {
    pub session: SessionScripts,
    pub end: EndScripts,
    pub index: IndexScripts,
    pub probe: ProbeScripts,
}

arguments! {
    /// The arguments of every script on a session: the asker, this node, and the
    /// id.
    pub(super) struct InSession(asker, node, session)
}

scripts! {
    /// The scripts that change a session.
    pub(super) struct SessionScripts {
        touch: Touch(requests),
        change: Change(field, value),
        append[totals]: Append(requests; resources, operations, entries),
        append_audit: AppendAudit(keep; parts),
        clear_history,
    }
}

scripts! {
    /// The script that ends a session.
    pub(super) struct EndScripts {
        terminate,
    }
}

scripts! {
    /// The scripts that do not need a session.
    pub(super) struct IndexScripts {
        create[record]: Create(; fields),
        reserve[places]: Reserve(lifetime, session),
        count_active[index],
        list_due[index]: ListDue(limit),
    }
}

scripts! {
    /// The script that need not read the time.
    pub(super) struct ProbeScripts {
        probe[index, probe]: Probe(lifetime, time),
    }
}

impl Scripts {
    /// Builds the scripts. `begin` begins every script on a session. `parts` run
    /// when one ends.
    pub fn new(settings: &StoreSettings, begin: &[Part], parts: &[Part]) -> Self {
        let at_end = Part::new("local at_end = {}\n");
        let constants = vec![
            ("newest_schema", SCHEMA.to_string()),
            ("timeout", millis(settings.timeout).to_string()),
            ("max_per_owner", settings.max_per_owner.to_string()),
            // A session in use renews its place only every quarter of the timeout.
            ("late", millis(settings.timeout / 4).to_string()),
        ];
        let settings = Part { constants, ..Part::default() };
        let parts = parts.iter().map(|part| Part { keys: &[], ..part.clone() });
        let parts: Vec<Part> = [at_end].into_iter().chain(parts).collect();
        Self {
            session: SessionScripts::behind(begin),
            end: EndScripts::behind(&[begin, &parts].concat()),
            index: IndexScripts::behind(&[TIME, settings]),
            probe: ProbeScripts::behind(&[]),
        }
    }
}

/// Returns the beginning of every script on a session: the time, the keys of the
/// session with those of the modules above, and the checks of `session.lua`.
pub(super) fn begin(settings: &StoreSettings, parts: &[Part]) -> Vec<Part> {
    let further: usize = parts.iter().map(|part| part.keys.len()).sum();
    let session = Part {
        constants: vec![
            ("newest_schema", SCHEMA.to_string()),
            ("timeout", millis(settings.timeout).to_string()),
            ("history_limit", HISTORY_LIMIT.to_string()),
            ("subscription", lua_text(SUBSCRIPTION)),
            ("key_count", (KEYS.len() + further).to_string()),
        ],
        keys: KEYS,
        arguments: InSession::NAMES,
        lists: InSession::LISTS,
        ..Part::new(include_str!("lua/session.lua"))
    };
    let further =
        parts.iter().map(|part| Part { keys: part.keys, ..Part::default() });
    [TIME, session].into_iter().chain(further).collect()
}
