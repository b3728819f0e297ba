//! What the node keeps of its sessions.

use std::sync::Arc;

use ch03_sessions::protocol::to_raw;
use ch03_sessions::sessions::record::HISTORY_LIMIT;
use ch03_sessions::sessions::{MemoryStore, SessionId, SessionRecord};
use tokio::task::JoinSet;

async fn opened(store: &MemoryStore) -> SessionId {
    let id = SessionId::random();
    store.create(&SessionRecord { id, version: "2025-11-25" }).await;
    id
}

async fn history(store: &MemoryStore, id: &SessionId) -> Vec<String> {
    let history = store.read_history(id).await;
    history.iter().map(|entry| entry.get().to_owned()).collect()
}

/// L062, L063
#[test]
fn an_id_is_read_only_in_the_form_in_which_it_is_issued() {
    let id = SessionId::random();
    assert_eq!(SessionId::parse(&id.to_string()), Some(id));
    for text in [
        "",
        "11111111-2222-3333-4444-555555555555",
        "6F9619FF-8B86-4D01-B42D-00C04FC964FF",
        "6f9619ff8b864d01b42d00c04fc964ff",
        "6f9619ff-8b86-4d01-b42d-00c04fc964ff ",
    ] {
        assert_eq!(SessionId::parse(text), None, "{text:?}");
    }
}

#[tokio::test]
async fn a_session_sees_only_its_own_history() {
    let store = MemoryStore::default();
    let (first, second) = (opened(&store).await, opened(&store).await);
    assert!(store.append_history(&first, to_raw(&1)).await);
    assert_eq!(history(&store, &first).await, ["1"]);
    assert!(history(&store, &second).await.is_empty());
}

#[tokio::test]
async fn a_history_keeps_its_newest_entries() {
    let store = MemoryStore::default();
    let id = opened(&store).await;
    for n in 0..HISTORY_LIMIT + 7 {
        assert!(store.append_history(&id, to_raw(&n)).await);
    }
    let expected: Vec<String> =
        (7..HISTORY_LIMIT + 7).map(|n| n.to_string()).collect();
    assert_eq!(history(&store, &id).await, expected);
}

/// L065: ended is ended, also for a write that comes late.
#[tokio::test]
async fn a_late_write_does_not_bring_a_session_back() {
    let store = MemoryStore::default();
    let id = opened(&store).await;
    assert!(store.append_history(&id, to_raw(&1)).await);
    assert!(store.terminate(&id).await);

    assert!(!store.append_history(&id, to_raw(&2)).await);
    assert!(!store.terminate(&id).await, "only once");
    assert!(store.load(&id).await.is_none());
    assert!(history(&store, &id).await.is_empty());
}

/// Under one lock, an append is one step.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_appends_lose_nothing() {
    let store = Arc::new(MemoryStore::default());
    let id = opened(&store).await;
    let mut writers = JoinSet::new();
    for n in 0..40 {
        let store = store.clone();
        writers.spawn(async move { store.append_history(&id, to_raw(&n)).await });
    }
    assert!(writers.join_all().await.into_iter().all(|appended| appended));
    assert_eq!(history(&store, &id).await.len(), 40);
}
