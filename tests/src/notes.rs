//! What happened when, noted by all who take part in a run.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// How many notes are kept: more than a reader of a failed run looks at.
const MOST_NOTES: usize = 2_000;

/// Notes with their times since the start of the run, in seconds.
#[derive(Debug)]
pub struct Notes {
    start: Instant,
    list: Mutex<Vec<String>>,
}

impl Default for Notes {
    fn default() -> Self {
        Self { start: Instant::now(), list: Mutex::default() }
    }
}

impl Notes {
    /// Adds a note, unless there are too many.
    pub fn add(&self, what: impl fmt::Display) {
        let mut list = lock(&self.list);
        if list.len() < MOST_NOTES {
            let time = self.start.elapsed().as_secs_f64();
            list.push(format!("{time:8.3} {what}"));
        }
    }

    /// Returns the notes so far.
    pub fn list(&self) -> Vec<String> {
        lock(&self.list).clone()
    }
}

/// Locks a mutex. A panic while it was locked left nothing half-done behind it.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
