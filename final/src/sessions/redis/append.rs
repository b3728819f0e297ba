//! What the script that appends to a history is given.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::record;
use crate::sessions::record::HISTORY_LIMIT;
use crate::sessions::{HistoryAppend, HistoryEntry, NodeId};

/// The arguments of `append.lua` from the third on.
pub(super) fn arguments<'a>(
    append: &'a HistoryAppend,
    node: &'a NodeId,
) -> Vec<Cow<'a, str>> {
    let HistoryAppend { entries, requests, resources } = append;
    let counts = by_operation(entries);
    let number = |number: usize| Cow::Owned(number.to_string());
    let mut arguments = vec![
        number(HISTORY_LIMIT),
        number(*requests),
        node.as_str().into(),
        number(resources.len()),
        number(2 * counts.len()),
    ];
    arguments.extend(resources.iter().map(|uri| record::subscription(uri).into()));
    for (operation, count) in counts {
        arguments.extend([operation.into(), number(count)]);
    }
    arguments.extend(entries.iter().map(|entry| entry.body.get().into()));
    arguments
}

/// How many entries there are of each operation.
fn by_operation(entries: &[HistoryEntry]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for entry in entries {
        *counts.entry(entry.operation).or_default() += 1;
    }
    counts
}
