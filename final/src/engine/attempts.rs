//! The attempts at calls that this node runs as streams.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use crate::events::AttemptId;
use crate::lock::lock;

/// All attempts of this node. One that storage knows and that is not among them is
/// run by nobody, for example because its opening was not confirmed.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<HashSet<AttemptId>>);

/// One of them, until it is dropped: its end is in storage then, or storage has
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

    /// Tells whether this node runs the attempt.
    pub fn contains(&self, attempt: &AttemptId) -> bool {
        lock(&self.0).contains(attempt)
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        lock(&self.all.0).remove(&self.id);
    }
}
