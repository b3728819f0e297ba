//! What every session store promises, asked of each of them.
//!
//! A promise is one function; [`contract!`] runs it once for each storage. Each
//! storage is seen through two nodes. In memory there is only one node, so there
//! both are the same store.
#![allow(clippy::unwrap_used)]

#[path = "support/contract.rs"]
mod contract;
#[path = "support/redis_server.rs"]
mod redis_server;

use std::collections::BTreeMap;
use std::sync::Arc;

use ch05_redis::protocol::to_raw;
use ch05_redis::sessions::record::HISTORY_LIMIT;
use ch05_redis::sessions::{HistoryEntry, SessionId, SessionRecord, SessionStore};
use contract::{Deployment, Memory, Redis};

/// Names each promise once and makes a test of it for every storage.
macro_rules! contract {
    ($($promise:ident)*) => {
        mod memory {
            use super::{Deployment, Memory};
            $(
                #[tokio::test(start_paused = true)]
                async fn $promise() {
                    super::$promise(Memory::start().await).await;
                }
            )*
        }
        mod redis {
            use super::{Deployment, Redis};
            $(
                #[tokio::test]
                async fn $promise() {
                    super::$promise(Redis::start().await).await;
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

async fn a_created_session_is_found_with_all_it_was_opened_with(
    all: impl Deployment,
) {
    let store = all.node(0);
    let id = opened(&store).await;
    let found = store.load_and_touch(&id).await.unwrap().unwrap();
    assert_eq!((found.id, found.version), (id, "2025-06-18"));
    assert!(store.append_history(&id, &[]).await.unwrap());
    assert!(history(&store, &id).await.is_empty());
}

async fn an_unknown_session_is_not_found_and_not_changed(all: impl Deployment) {
    let (store, id) = (all.node(0), SessionId::random());
    assert!(store.load_and_touch(&id).await.unwrap().is_none());
    assert!(!store.append_history(&id, &[entry("add", 1)]).await.unwrap());
    assert!(!store.append_history(&id, &[]).await.unwrap());
    assert!(!store.terminate(&id).await.unwrap());
    assert!(history(&store, &id).await.is_empty());
    assert_eq!(store.totals().await.unwrap(), Default::default());
}

/// L065
async fn an_ended_session_is_gone(all: impl Deployment) {
    let store = all.node(0);
    let (ended, other) = (opened(&store).await, opened(&store).await);
    store.append_history(&ended, &[entry("add", 1)]).await.unwrap();

    assert!(all.node(1).terminate(&ended).await.unwrap());
    assert!(store.load_and_touch(&ended).await.unwrap().is_none());
    assert!(!store.terminate(&ended).await.unwrap(), "only once");
    assert!(history(&store, &ended).await.is_empty());
    assert!(store.load_and_touch(&other).await.unwrap().is_some());
    assert_eq!(active_sessions(&store).await, 1);
}

async fn a_late_write_does_not_bring_a_session_back(all: impl Deployment) {
    let (store, late) = (all.node(0), all.node(1));
    let id = opened(&store).await;
    store.append_history(&id, &[entry("add", 1)]).await.unwrap();
    store.terminate(&id).await.unwrap();
    let before = late.totals().await.unwrap();

    assert!(!late.append_history(&id, &[entry("add", 2)]).await.unwrap());
    assert!(store.load_and_touch(&id).await.unwrap().is_none());
    assert!(history(&late, &id).await.is_empty());
    assert_eq!(late.totals().await.unwrap(), before);
}

async fn an_idle_session_expires(all: impl Deployment) {
    let all = all.with_short_timeout().await;
    let store = all.node(0);
    let id = opened(&store).await;
    store.append_history(&id, &[entry("add", 1)]).await.unwrap();
    assert_eq!(active_sessions(&store).await, 1);

    all.until("it expires", async || active_sessions(&store).await == 0).await;
    assert!(history(&store, &id).await.is_empty());
    assert!(!store.append_history(&id, &[entry("add", 2)]).await.unwrap());
    assert!(store.load_and_touch(&id).await.unwrap().is_none());
    assert!(!store.terminate(&id).await.unwrap());
}

/// A visit is use, and so is a change.
async fn use_postpones_expiry(all: impl Deployment) {
    let all = all.with_short_timeout().await;
    let store = all.node(0);
    let (visited, changed) = (opened(&store).await, opened(&store).await);
    for n in 0..8 {
        all.pass(all.timeout() / 5).await;
        assert!(store.load_and_touch(&visited).await.unwrap().is_some());
        assert!(store.append_history(&changed, &[entry("add", n)]).await.unwrap());
    }
    assert_eq!(store.sweep().await.unwrap(), 0);
    assert_eq!(active_sessions(&store).await, 2);
    assert_eq!(history(&store, &changed).await.len(), 8);
    assert!(store.load_and_touch(&changed).await.unwrap().is_some());
}

async fn a_history_keeps_its_newest_entries(all: impl Deployment) {
    let id = opened(&all.node(0)).await;
    for n in 0..HISTORY_LIMIT + 7 {
        assert!(
            all.node(n % 2).append_history(&id, &[entry("add", n)]).await.unwrap()
        );
    }
    let expected: Vec<String> =
        (7..HISTORY_LIMIT + 7).map(|n| n.to_string()).collect();
    assert_eq!(history(&all.node(0), &id).await, expected);
}

/// 200 at once over two nodes: read, change and write back would lose most of them.
async fn concurrent_appends_lose_nothing(all: impl Deployment) {
    let id = opened(&all.node(0)).await;
    let other = opened(&all.node(1)).await;
    let appends: Vec<_> = (0..200)
        .map(|n| {
            let (store, id) = (all.node(n % 2), if n < 160 { id } else { other });
            tokio::spawn(async move {
                store.append_history(&id, &[entry("add", n)]).await
            })
        })
        .collect();
    for append in appends {
        assert!(append.await.unwrap().unwrap());
    }
    assert_eq!(history(&all.node(1), &id).await.len(), HISTORY_LIMIT);
    assert_eq!(history(&all.node(0), &other).await.len(), 40);
    assert_eq!(all.node(0).totals().await.unwrap().by_operation["add"], 200);
}

async fn totals_are_of_all_sessions(all: impl Deployment) {
    let (first, second) = (opened(&all.node(0)).await, opened(&all.node(1)).await);
    let three = [entry("add", 1), entry("divide", 2), entry("add", 3)];
    all.node(0).append_history(&first, &three).await.unwrap();
    all.node(1).append_history(&second, &three[..1]).await.unwrap();
    all.node(0).terminate(&first).await.unwrap();

    for node in [all.node(0), all.node(1)] {
        let totals = node.totals().await.unwrap();
        assert_eq!(totals.active_sessions, 1);
        let expected = [("add".to_owned(), 3), ("divide".to_owned(), 1)];
        assert_eq!(totals.by_operation, BTreeMap::from(expected));
    }
}

async fn an_expired_session_is_swept_once(all: impl Deployment) {
    let all = all.with_short_timeout().await;
    let store = all.node(0);
    let kept = opened(&store).await;
    for _ in 0..5 {
        opened(&store).await;
    }
    let ended = opened(&store).await;
    store.terminate(&ended).await.unwrap();
    assert_eq!(store.sweep().await.unwrap(), 0);

    let mut swept = 0;
    all.until("five are swept", async || {
        assert!(store.load_and_touch(&kept).await.unwrap().is_some());
        let other = all.node(1);
        let (first, second) = tokio::join!(store.sweep(), other.sweep());
        swept += first.unwrap() + second.unwrap();
        swept >= 5
    })
    .await;
    assert_eq!((swept, active_sessions(&store).await), (5, 1));
}
