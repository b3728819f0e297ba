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
use std::time::Duration;

use ch06_reconstruction::sessions::record::HISTORY_LIMIT;
use ch06_reconstruction::sessions::{
    Phase, SessionId, SessionInit, SessionRecord, SessionStore,
};
use contract::{Deployment, Memory, Redis, entry, opened};

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
    a_visit_counts_requests_and_activity
    only_the_first_visit_of_another_node_reconstructs
    an_ended_session_is_gone_on_every_node
    a_late_write_does_not_bring_a_session_back
    an_idle_session_expires
    use_postpones_expiry
    a_history_keeps_its_newest_entries
    concurrent_appends_lose_nothing
    the_handshake_is_finished_once_and_for_all
    totals_are_of_all_sessions
    an_expired_session_is_swept_once
}

type Store = Arc<dyn SessionStore>;

/// A new session in a store.
async fn created(store: &Store) -> SessionInit {
    let session = opened();
    store.create(&session).await.unwrap();
    session
}

/// The session as its next request finds it.
async fn visited(store: &Store, session: &SessionInit) -> Option<SessionRecord> {
    let found = store.load_and_touch(&session.id, 1);
    found.await.unwrap().map(|touched| touched.record)
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
    let session = created(&all.node(0)).await;
    let record = visited(&all.node(1), &session).await.unwrap();
    assert_eq!(record.init.id, session.id);
    assert_eq!(record.init.principal, session.principal);
    assert_eq!(record.init.version, "2025-06-18");
    assert_eq!(record.init.client, session.client);
    assert_eq!(record.phase, Phase::Initializing);
    assert_eq!((record.requests, record.recorded), (1, 0));
    assert!(history(&all.node(1), &session.id).await.is_empty());
}

async fn an_unknown_session_is_not_found_and_not_changed(all: impl Deployment) {
    let (store, session) = (all.node(0), opened());
    let id = session.id;
    assert!(visited(&store, &session).await.is_none());
    assert!(!store.mark_ready(&id).await.unwrap());
    assert!(!store.append_history(&id, &[entry("add", 1)]).await.unwrap());
    assert!(!store.append_history(&id, &[]).await.unwrap());
    assert!(!store.terminate(&id).await.unwrap());
    assert!(history(&store, &id).await.is_empty());
    assert_eq!(store.totals().await.unwrap(), Default::default());
}

async fn a_visit_counts_requests_and_activity(all: impl Deployment) {
    let session = created(&all.node(0)).await;
    all.pass(Duration::from_millis(20)).await;
    let first = all.node(0).load_and_touch(&session.id, 3).await.unwrap();
    let first = first.unwrap().record;
    assert_eq!(first.requests, 3);
    assert!(first.last_activity > first.created);
    let second = visited(&all.node(1), &session).await.unwrap();
    assert_eq!(second.requests, 4);
}

/// In memory there is no other node.
async fn only_the_first_visit_of_another_node_reconstructs(all: impl Deployment) {
    let session = created(&all.node(0)).await;
    let mut reconstructed = Vec::new();
    for node in [0, 1, 1, 0] {
        let store = all.node(node);
        let visit = store.load_and_touch(&session.id, 1);
        reconstructed.push(visit.await.unwrap().unwrap().reconstructed);
    }
    let expected = [[false; 4], [false, true, false, true]];
    assert!(expected.iter().any(|expected| *expected == *reconstructed));
}

/// L065.
async fn an_ended_session_is_gone_on_every_node(all: impl Deployment) {
    let (session, other) =
        (created(&all.node(0)).await, created(&all.node(0)).await);
    assert!(visited(&all.node(1), &session).await.is_some());
    let id = &session.id;
    all.node(0).append_history(id, &[entry("add", 1)]).await.unwrap();

    assert!(all.node(1).terminate(id).await.unwrap());
    for node in [all.node(0), all.node(1)] {
        assert!(visited(&node, &session).await.is_none());
        assert!(!node.terminate(id).await.unwrap(), "only once");
        assert!(history(&node, id).await.is_empty());
        assert!(visited(&node, &other).await.is_some());
        assert_eq!(active_sessions(&node).await, 1);
    }
}

async fn a_late_write_does_not_bring_a_session_back(all: impl Deployment) {
    let (store, late) = (all.node(0), all.node(1));
    let session = created(&store).await;
    let id = &session.id;
    store.append_history(id, &[entry("add", 1)]).await.unwrap();
    store.terminate(id).await.unwrap();
    let before = late.totals().await.unwrap();

    assert!(!late.append_history(id, &[entry("add", 2)]).await.unwrap());
    assert!(!late.mark_ready(id).await.unwrap());
    assert!(visited(&store, &session).await.is_none());
    assert!(history(&late, id).await.is_empty());
    assert_eq!(late.totals().await.unwrap(), before);
}

async fn an_idle_session_expires(all: impl Deployment) {
    let all = all.with_short_timeout().await;
    let store = all.node(0);
    let session = created(&store).await;
    let id = &session.id;
    store.append_history(id, &[entry("add", 1)]).await.unwrap();
    assert_eq!(active_sessions(&store).await, 1);

    all.until("it expires", async || active_sessions(&store).await == 0).await;
    assert!(history(&store, id).await.is_empty());
    assert!(!store.append_history(id, &[entry("add", 2)]).await.unwrap());
    assert!(visited(&store, &session).await.is_none());
    assert!(!store.terminate(id).await.unwrap());
}

/// A visit is use, and so is a change.
async fn use_postpones_expiry(all: impl Deployment) {
    let all = all.with_short_timeout().await;
    let store = all.node(0);
    let (visits, changes) = (created(&store).await, created(&store).await);
    for n in 0..8 {
        all.pass(all.timeout() / 5).await;
        let node = all.node(n % 2);
        assert!(visited(&node, &visits).await.is_some());
        let one = [entry("add", n)];
        assert!(node.append_history(&changes.id, &one).await.unwrap());
    }
    assert_eq!(store.sweep().await.unwrap(), 0);
    assert_eq!(active_sessions(&store).await, 2);
    assert_eq!(history(&store, &changes.id).await.len(), 8);
    assert!(visited(&store, &changes).await.is_some());
}

async fn a_history_keeps_its_newest_entries(all: impl Deployment) {
    let id = created(&all.node(0)).await.id;
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
    let session = created(&all.node(0)).await;
    let other = created(&all.node(1)).await;
    let appends: Vec<_> = (0..200)
        .map(|n| {
            let store = all.node(n % 2);
            let id = if n < 160 { session.id } else { other.id };
            tokio::spawn(async move {
                store.append_history(&id, &[entry("add", n)]).await
            })
        })
        .collect();
    for append in appends {
        assert!(append.await.unwrap().unwrap());
    }
    let record = visited(&all.node(1), &session).await.unwrap();
    assert_eq!(record.recorded, 160);
    assert_eq!(history(&all.node(1), &session.id).await.len(), HISTORY_LIMIT);
    assert_eq!(history(&all.node(0), &other.id).await.len(), 40);
    assert_eq!(all.node(0).totals().await.unwrap().by_operation["add"], 200);
}

async fn the_handshake_is_finished_once_and_for_all(all: impl Deployment) {
    let session = created(&all.node(0)).await;
    for node in [all.node(1), all.node(0)] {
        assert!(node.mark_ready(&session.id).await.unwrap());
        let record = visited(&node, &session).await.unwrap();
        assert_eq!(record.phase, Phase::Ready);
    }
}

async fn totals_are_of_all_sessions(all: impl Deployment) {
    let (first, second) =
        (created(&all.node(0)).await, created(&all.node(1)).await);
    let three = [entry("add", 1), entry("divide", 2), entry("add", 3)];
    all.node(0).append_history(&first.id, &three).await.unwrap();
    all.node(1).append_history(&second.id, &three[..1]).await.unwrap();
    all.node(1).terminate(&first.id).await.unwrap();

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
    let kept = created(&store).await;
    for _ in 0..5 {
        created(&store).await;
    }
    let ended = created(&store).await;
    store.terminate(&ended.id).await.unwrap();
    assert_eq!(store.sweep().await.unwrap(), 0);

    let mut swept = 0;
    all.until("five are swept", async || {
        assert!(visited(&store, &kept).await.is_some());
        let other = all.node(1);
        let (first, second) = tokio::join!(store.sweep(), other.sweep());
        swept += first.unwrap() + second.unwrap();
        swept >= 5
    })
    .await;
    assert_eq!((swept, active_sessions(&store).await), (5, 1));
}
