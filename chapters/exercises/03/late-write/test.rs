//! Ended is ended.

use ch03_sessions::protocol::to_raw;
use ch03_sessions::sessions::{MemoryStore, SessionId, SessionRecord};

#[test]
fn a_late_write_does_not_bring_a_session_back() {
    let store = MemoryStore::default();
    let id = SessionId::random();
    store.create(SessionRecord { id, version: "2025-11-25" });
    assert!(store.terminate(&id));

    let appended = store.append(&id, to_raw(&1));
    let is_gone = !appended && store.load(&id).is_none();
    assert!(is_gone, "an ended session stays gone");
}
