//! The files that were read before: the pages come to the same texts many times.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use super::Outline;

/// Outlines by the ending of the file and its text.
type Known = HashMap<(String, String), Outline>;

static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

/// Returns what is known of a text, or reads it.
pub(super) fn or_read(
    file: &str,
    source: &str,
    read: impl FnOnce() -> Result<Outline, String>,
) -> Result<Outline, String> {
    let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
    let key = (ending.to_owned(), source.to_owned());
    if let Some(outline) = known().get(&key) {
        return Ok(outline.clone());
    }
    let outline = read()?;
    known().insert(key, outline.clone());
    Ok(outline)
}

fn known() -> MutexGuard<'static, Known> {
    // Nothing is left half-done under this lock.
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}
