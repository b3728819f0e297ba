//! Ended is ended.

use ch03_sessions::protocol::to_raw;
use ch03_sessions::sessions::{MemoryStore, SessionId, SessionRecord};

#[tokio::test]
async fn a_late_write_does_not_bring_a_session_back() {
    let store = MemoryStore::default();
    let id = SessionId::random();
    store.create(&SessionRecord { id, version: "2025-11-25" }).await;
    assert!(store.terminate(&id).await);

    let appended = store.append_history(&id, to_raw(&1)).await;
    let is_gone = !appended && store.load(&id).await.is_none();
    assert!(is_gone, "an ended session stays gone");
}
