//! The audit trail of one session in memory.

use std::collections::VecDeque;

use crate::{events::audit::AuditedCall, protocol::RawJson};

/// The last calls, not yet as JSON: nearly all of them make place for newer ones
/// before anybody reads them.
#[derive(Debug, Clone, Default)]
pub(super) struct Trail {
    calls: VecDeque<AuditedCall>,
    /// How many entries are kept. Of the oldest call that may be only the last one.
    keep: usize,
}

impl Trail {
    /// Adds calls, and keeps the last `keep` entries.
    pub fn add(&mut self, calls: Vec<AuditedCall>, keep: usize) {
        self.keep = keep;
        self.calls.extend(calls);
        let kept = keep.div_ceil(AuditedCall::ENTRIES);
        self.calls.drain(..self.calls.len().saturating_sub(kept));
    }

    /// What is kept, newest last.
    pub fn entries(&self) -> Vec<RawJson> {
        let mut entries: Vec<_> =
            self.calls.iter().flat_map(AuditedCall::entries).collect();
        entries.drain(..entries.len().saturating_sub(self.keep));
        entries
    }
}
