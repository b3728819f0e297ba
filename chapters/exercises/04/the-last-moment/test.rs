//! Neither earlier nor later.

use std::time::Duration;

use ch04_store_trait::sessions::{
    MemoryStore, SessionId, SessionRecord, SessionStore, StoreSettings,
};
use tokio::time::advance;

#[tokio::test(start_paused = true)]
async fn a_session_ends_with_its_timeout() {
    let timeout = Duration::from_secs(60);
    let store = MemoryStore::new(StoreSettings { timeout });
    let id = SessionId::random();
    let record = SessionRecord { id, version: "2025-11-25" };
    store.create(&record).await.expect("memory");

    advance(timeout - Duration::from_millis(1)).await;
    let totals = store.totals().await.expect("memory");
    assert_eq!(totals.active_sessions, 1, "not over yet");
    advance(Duration::from_millis(1)).await;
    let found = store.load_and_touch(&id).await.expect("memory");
    assert!(found.is_none(), "idle for the whole timeout is over");
}
