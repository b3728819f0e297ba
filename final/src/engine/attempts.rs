//! The attempts at calls that this node runs as streams.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use crate::events::AttemptId;
use crate::lock::lock;

/// All attempts of this node. No node runs an attempt that storage has registered
/// for this node and that is not in here, for example because its registration was
/// not confirmed.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<HashSet<AttemptId>>);

/// One attempt, until it is dropped: then its end is in storage, or storage has
/// refused it.
#[derive(Debug)]
pub(super) struct Attempt {
    /// Its id.
    pub id: AttemptId,
    all: Arc<Attempts>,
}

impl Attempts {
    /// Begins an attempt.
    pub fn begin(self: &Arc<Self>) -> Attempt {
        let id = AttemptId::generate();
        lock(&self.0).insert(id.clone());
        Attempt { id, all: self.clone() }
    }

    /// Returns whether this node runs the attempt.
    pub fn contains(&self, attempt: &AttemptId) -> bool {
        lock(&self.0).contains(attempt)
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        lock(&self.all.0).remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_is_run_until_it_is_dropped() {
        let attempts = Arc::new(Attempts::default());
        let first = attempts.begin();
        let second = attempts.begin();
        let id = first.id.clone();
        assert!(attempts.contains(&id));
        drop(first);
        assert!(!attempts.contains(&id));
        assert!(attempts.contains(&second.id));
    }
}
