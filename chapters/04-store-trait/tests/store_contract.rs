//! What every session store promises, asked of each of them.
//!
//! A promise is one function; [`contract!`] runs it once for each storage.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ch04_store_trait::protocol::to_raw;
use ch04_store_trait::sessions::record::HISTORY_LIMIT;
use ch04_store_trait::sessions::{
    HistoryEntry, MemoryStore, SessionId, SessionRecord, SessionStore,
    StoreSettings,
};
use tokio::time::advance;

/// What every store is told.
const SETTINGS: StoreSettings =
    StoreSettings { timeout: Duration::from_secs(1800) };

/// Names each promise once and makes a test of it for every storage.
macro_rules! contract {
    ($($promise:ident)*) => {
        mod memory {
            use std::sync::Arc;
            use super::{MemoryStore, SETTINGS};
            $(
                #[tokio::test(start_paused = true)]
                async fn $promise() {
                    super::$promise(Arc::new(MemoryStore::new(SETTINGS))).await;
                }
            )*
        }
    };
}

contract! {
    a_created_session_is_found_with_all_it_was_opened_with
    an_unknown_session_is_not_found_and_not_changed
    an_ended_session_is_gone
    a_late_write_does_not_bring_a_session_back
    an_idle_session_expires
    use_postpones_expiry
    a_history_keeps_its_newest_entries
    concurrent_appends_lose_nothing
    totals_are_of_all_sessions
    an_expired_session_is_swept_once
}

type Store = Arc<dyn SessionStore>;

async fn opened(store: &Store) -> SessionId {
    let id = SessionId::random();
    store.create(&SessionRecord { id, version: "2025-06-18" }).await.unwrap();
    id
}

fn entry(operation: &'static str, body: usize) -> HistoryEntry {
    HistoryEntry { operation, body: to_raw(&body) }
}

async fn history(store: &Store, id: &SessionId) -> Vec<String> {
    let history = store.read_history(id).await.unwrap();
    history.iter().map(|body| body.get().to_owned()).collect()
}

async fn active_sessions(store: &Store) -> u64 {
    store.totals().await.unwrap().active_sessions
}

async fn a_created_session_is_found_with_all_it_was_opened_with(store: Store) {
    let id = opened(&store).await;
    let found = store.load_and_touch(&id).await.unwrap().unwrap();
    assert_eq!((found.id, found.version), (id, "2025-06-18"));
    assert!(history(&store, &id).await.is_empty());
}

async fn an_unknown_session_is_not_found_and_not_changed(store: Store) {
    let id = SessionId::random();
    assert!(store.load_and_touch(&id).await.unwrap().is_none());
    assert!(!store.append_history(&id, &[entry("add", 1)]).await.unwrap());
    assert!(!store.terminate(&id).await.unwrap());
    assert!(history(&store, &id).await.is_empty());
    assert_eq!(store.totals().await.unwrap(), Default::default());
}

/// L065
async fn an_ended_session_is_gone(store: Store) {
    let (ended, other) = (opened(&store).await, opened(&store).await);
    store.append_history(&ended, &[entry("add", 1)]).await.unwrap();

    assert!(store.terminate(&ended).await.unwrap());
    assert!(!store.terminate(&ended).await.unwrap(), "only once");
    assert!(store.load_and_touch(&ended).await.unwrap().is_none());
    assert!(history(&store, &ended).await.is_empty());
    assert!(store.load_and_touch(&other).await.unwrap().is_some());
    assert_eq!(active_sessions(&store).await, 1);
}

async fn a_late_write_does_not_bring_a_session_back(store: Store) {
    let id = opened(&store).await;
    store.append_history(&id, &[entry("add", 1)]).await.unwrap();
    store.terminate(&id).await.unwrap();
    let before = store.totals().await.unwrap();

    assert!(!store.append_history(&id, &[entry("add", 2)]).await.unwrap());
    assert!(store.load_and_touch(&id).await.unwrap().is_none());
    assert!(history(&store, &id).await.is_empty());
    assert_eq!(store.totals().await.unwrap(), before);
}

async fn an_idle_session_expires(store: Store) {
    let id = opened(&store).await;
    store.append_history(&id, &[entry("add", 1)]).await.unwrap();

    advance(SETTINGS.timeout).await;
    assert!(history(&store, &id).await.is_empty());
    assert!(!store.append_history(&id, &[entry("add", 2)]).await.unwrap());
    assert!(store.load_and_touch(&id).await.unwrap().is_none());
    assert_eq!(active_sessions(&store).await, 0);
    assert!(!store.terminate(&id).await.unwrap());
}

/// A visit is use, and so is a change.
async fn use_postpones_expiry(store: Store) {
    let (visited, changed) = (opened(&store).await, opened(&store).await);
    for n in 0..4 {
        advance(SETTINGS.timeout * 2 / 3).await;
        assert!(store.load_and_touch(&visited).await.unwrap().is_some());
        assert!(store.append_history(&changed, &[entry("add", n)]).await.unwrap());
    }
    assert_eq!(store.sweep().await.unwrap(), 0);
    assert_eq!(active_sessions(&store).await, 2);
}

async fn a_history_keeps_its_newest_entries(store: Store) {
    let id = opened(&store).await;
    for n in 0..HISTORY_LIMIT + 7 {
        assert!(store.append_history(&id, &[entry("add", n)]).await.unwrap());
    }
    let expected: Vec<String> =
        (7..HISTORY_LIMIT + 7).map(|n| n.to_string()).collect();
    assert_eq!(history(&store, &id).await, expected);
}

/// Read, change and write back would lose most of them.
async fn concurrent_appends_lose_nothing(store: Store) {
    let id = opened(&store).await;
    let appends: Vec<_> = (0..200)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                store.append_history(&id, &[entry("add", n)]).await
            })
        })
        .collect();
    for append in appends {
        assert!(append.await.unwrap().unwrap());
    }
    assert_eq!(history(&store, &id).await.len(), HISTORY_LIMIT);
    assert_eq!(store.totals().await.unwrap().by_operation["add"], 200);
}

async fn totals_are_of_all_sessions(store: Store) {
    let (first, second) = (opened(&store).await, opened(&store).await);
    let three = [entry("add", 1), entry("divide", 2), entry("add", 3)];
    store.append_history(&first, &three).await.unwrap();
    store.append_history(&second, &three[..1]).await.unwrap();
    store.terminate(&first).await.unwrap();

    let totals = store.totals().await.unwrap();
    assert_eq!(totals.active_sessions, 1);
    let expected = [("add".to_owned(), 3), ("divide".to_owned(), 1)];
    assert_eq!(totals.by_operation, BTreeMap::from(expected));
}

async fn an_expired_session_is_swept_once(store: Store) {
    for _ in 0..5 {
        opened(&store).await;
    }
    let ended = opened(&store).await;
    store.terminate(&ended).await.unwrap();
    advance(SETTINGS.timeout / 2).await;
    let younger = opened(&store).await;
    assert_eq!(store.sweep().await.unwrap(), 0);

    advance(SETTINGS.timeout / 2).await;
    assert_eq!(store.sweep().await.unwrap(), 5);
    assert_eq!(store.sweep().await.unwrap(), 0);
    assert!(store.load_and_touch(&younger).await.unwrap().is_some());
}
