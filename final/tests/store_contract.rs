//! What every session store promises, asked of each of them.
//!
//! A promise is one function; [`contract!`] runs it once for each storage. Each
//! storage is seen through two nodes. In memory there is only one node, so there
//! both are the same store.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/contract.rs"]
mod contract;
#[path = "support/redis_server.rs"]
mod redis_server;

use std::collections::BTreeMap;
use std::time::Duration;

use contract::{
    Deployment, Memory, Redis, appending, audited, entries, entry, opened, owned_by,
};
use futures_util::future::join_all;
use mcp_server::protocol::logging::Level;
use mcp_server::protocol::version::{Era, Version};
use mcp_server::sessions::record::HISTORY_LIMIT;
use mcp_server::sessions::{
    HistoryAppend, Phase, Principal, SessionId, SessionInit,
};
use serde_json::{Value, json};

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
    somebody_elses_session_is_not_found
    an_ended_session_is_gone_on_every_node
    a_session_is_ended_only_once
    a_late_write_does_not_bring_a_session_back
    an_idle_session_expires
    use_postpones_expiry
    an_owner_has_at_most_so_many_sessions
    an_expired_session_makes_room
    a_history_keeps_its_newest_entries
    concurrent_appends_lose_nothing
    an_append_can_be_the_visit
    an_append_knows_who_hears_of_it
    a_cleared_history_is_empty_and_its_count_is_kept
    an_audit_trail_keeps_its_newest_calls
    a_tape_is_kept_like_a_session
    subscriptions_and_log_level_are_kept
    the_handshake_is_finished_once_and_for_all
    totals_are_of_the_whole_deployment
    an_expired_session_is_swept_and_counted_once
}

async fn a_created_session_is_found_with_all_it_was_opened_with(
    all: impl Deployment,
) {
    let session = opened();
    assert!(all.node(0).create(&session).await.unwrap());

    let found = all.node(1).load(&session.id, &session.principal).await.unwrap();
    let record = found.expect("the session is found");
    assert_eq!(record.init.id, session.id);
    assert_eq!(record.init.principal, session.principal);
    assert_eq!(record.init.owner, session.owner);
    assert_eq!(record.init.era, Era::Stateful(Version::V2025_06_18));
    assert_eq!(record.init.client, session.client);
    assert_eq!(record.init.capabilities, session.capabilities);
    assert_eq!(record.phase, Phase::Initializing);
    assert_eq!(record.log_level, None);
    assert!(record.subscriptions.is_empty());
    assert_eq!(record.created, record.last_activity);
    assert_eq!((record.requests, record.recorded), (0, 0));
    assert!(all.node(1).read_history(&session.id).await.unwrap().is_empty());
}

async fn an_unknown_session_is_not_found_and_not_changed(all: impl Deployment) {
    let (store, id, who) =
        (all.node(0), SessionId::random(), Principal::anonymous());
    assert!(store.load(&id, &who).await.unwrap().is_none());
    assert!(store.load_and_touch(&id, &who, 1).await.unwrap().is_none());
    assert!(!store.touch(&id).await.unwrap());
    assert!(!store.mark_ready(&id).await.unwrap());
    assert!(store.append_history(&id, &entries(2)).await.unwrap().is_none());
    assert!(!store.append_audit(&id, audited(1), 9).await.unwrap());
    assert!(!store.terminate(&id, &who).await.unwrap());
    assert!(store.read_history(&id).await.unwrap().is_empty());
    assert!(store.read_audit(&id).await.unwrap().is_empty());
    assert_eq!(store.totals().await.unwrap().active_sessions, 0);
}

async fn a_visit_counts_requests_and_activity(all: impl Deployment) {
    let session = opened();
    all.node(0).create(&session).await.unwrap();
    all.pass(Duration::from_millis(20)).await;

    let first = all
        .node(0)
        .load_and_touch(&session.id, &session.principal, 3)
        .await
        .unwrap();
    let first = first.expect("the session is found").record;
    assert_eq!(first.requests, 3);
    assert!(first.last_activity > first.created);

    let second = all
        .node(1)
        .load_and_touch(&session.id, &session.principal, 1)
        .await
        .unwrap();
    assert_eq!(second.expect("the session is found").record.requests, 4);
}

/// L173, L176.
async fn somebody_elses_session_is_not_found(all: impl Deployment) {
    let (session, store) = (opened(), all.node(0));
    store.create(&session).await.unwrap();
    for stranger in [Principal::anonymous(), Principal::named("mallory")] {
        assert!(store.load(&session.id, &stranger).await.unwrap().is_none());
        assert!(
            store
                .load_and_touch(&session.id, &stranger, 1)
                .await
                .unwrap()
                .is_none()
        );
        assert!(!store.terminate(&session.id, &stranger).await.unwrap());
    }
    let found = store.load(&session.id, &session.principal).await.unwrap();
    assert_eq!(found.expect("the session is found").requests, 0);
}

/// L065.
async fn an_ended_session_is_gone_on_every_node(all: impl Deployment) {
    let session = opened();
    all.node(0).create(&session).await.unwrap();
    all.node(1).load_and_touch(&session.id, &session.principal, 1).await.unwrap();
    all.node(0).append_history(&session.id, &entries(1)).await.unwrap();

    assert!(all.node(1).terminate(&session.id, &session.principal).await.unwrap());
    for node in [all.node(0), all.node(1)] {
        let entered =
            node.load_and_touch(&session.id, &session.principal, 1).await.unwrap();
        assert!(entered.is_none());
        assert!(node.read_history(&session.id).await.unwrap().is_empty());
        assert_eq!(node.totals().await.unwrap().active_sessions, 0);
    }
}

async fn a_session_is_ended_only_once(all: impl Deployment) {
    let session = opened();
    all.node(0).create(&session).await.unwrap();
    let ends =
        (0..8).map(|n| {
            let (store, session) = (all.node(n % 2), &session);
            async move {
                store.terminate(&session.id, &session.principal).await.unwrap()
            }
        });
    let ended = join_all(ends).await.into_iter().filter(|ended| *ended).count();
    assert_eq!(ended, 1);
}

async fn a_late_write_does_not_bring_a_session_back(all: impl Deployment) {
    let (session, late) = (opened(), all.node(1));
    all.node(0).create(&session).await.unwrap();
    all.node(0).append_history(&session.id, &entries(2)).await.unwrap();
    all.node(0).append_audit(&session.id, audited(2), 9).await.unwrap();
    all.node(0).terminate(&session.id, &session.principal).await.unwrap();
    // It tells the other node what it has counted.
    all.node(0).totals().await.unwrap();
    let before = late.totals().await.unwrap();

    assert!(late.append_history(&session.id, &entries(3)).await.unwrap().is_none());
    assert!(!late.touch(&session.id).await.unwrap());
    assert!(!late.mark_ready(&session.id).await.unwrap());
    assert!(!late.set_log_level(&session.id, Level::Debug).await.unwrap());
    assert!(!late.subscribe(&session.id, "a://b").await.unwrap());
    assert!(!late.unsubscribe(&session.id, "a://b").await.unwrap());
    assert_eq!(late.clear_history(&session.id).await.unwrap(), None);
    assert!(!late.append_audit(&session.id, audited(1), 9).await.unwrap());

    assert!(late.load(&session.id, &session.principal).await.unwrap().is_none());
    assert!(late.read_history(&session.id).await.unwrap().is_empty());
    assert!(late.read_audit(&session.id).await.unwrap().is_empty());
    assert_eq!(late.totals().await.unwrap(), before);
}

async fn an_idle_session_expires(all: impl Deployment) {
    let all = all.with_short_timeout().await;
    let (session, store) = (opened(), all.node(0));
    store.create(&session).await.unwrap();
    store.append_history(&session.id, &entries(1)).await.unwrap();
    store.append_audit(&session.id, audited(1), 9).await.unwrap();

    all.idle(&session).await;
    assert!(!store.touch(&session.id).await.unwrap());
    assert!(!store.append_audit(&session.id, audited(1), 9).await.unwrap());
    assert!(store.read_audit(&session.id).await.unwrap().is_empty());
    assert!(
        store.append_history(&session.id, &entries(1)).await.unwrap().is_none()
    );
    assert!(store.read_history(&session.id).await.unwrap().is_empty());
    assert!(!store.terminate(&session.id, &session.principal).await.unwrap());
    assert_eq!(store.totals().await.unwrap().active_sessions, 0);
}

async fn use_postpones_expiry(all: impl Deployment) {
    let all = all.with_short_timeout().await;
    let (busy, visited) = (opened(), opened());
    for session in [&busy, &visited] {
        all.node(0).create(session).await.unwrap();
    }
    for n in 0..8 {
        all.pass(all.timeout() / 5).await;
        let node = all.node(n % 2);
        assert!(node.touch(&busy.id).await.unwrap());
        let entered =
            node.load_and_touch(&visited.id, &visited.principal, 1).await.unwrap();
        assert!(entered.is_some());
    }
    // Its index entry must have been postponed as well.
    assert_eq!(all.node(0).sweep().await.unwrap(), 0);
    assert_eq!(all.node(0).totals().await.unwrap().active_sessions, 2);
    all.idle(&busy).await;
}

async fn an_owner_has_at_most_so_many_sessions(all: impl Deployment) {
    let sessions: Vec<_> = (0..10).map(|_| owned_by("alice")).collect();
    let creates = sessions.iter().enumerate().map(|(n, session)| {
        let store = all.node(n % 2);
        async move { store.create(session).await.unwrap() }
    });
    let created = join_all(creates).await;
    let count = created.iter().filter(|created| **created).count();
    assert_eq!(count, all.settings().max_per_owner);

    // A refused session left nothing behind.
    for (session, created) in sessions.iter().zip(&created) {
        let found =
            all.node(0).load(&session.id, &session.principal).await.unwrap();
        assert_eq!(found.is_some(), *created);
    }
    assert!(all.node(0).create(&owned_by("bob")).await.unwrap());

    let at = created.iter().position(|created| *created).expect("one was created");
    let ended = &sessions[at];
    assert!(all.node(1).terminate(&ended.id, &ended.principal).await.unwrap());
    assert!(all.node(0).create(&owned_by("alice")).await.unwrap());
    assert!(!all.node(1).create(&owned_by("alice")).await.unwrap());
}

async fn an_expired_session_makes_room(all: impl Deployment) {
    let all = all.with_short_timeout().await;
    let sessions: Vec<_> =
        (0..all.settings().max_per_owner).map(|_| owned_by("alice")).collect();
    for session in &sessions {
        assert!(all.node(0).create(session).await.unwrap());
    }
    assert!(!all.node(0).create(&owned_by("alice")).await.unwrap());
    for session in &sessions {
        all.idle(session).await;
    }
    // Nobody has swept.
    for _ in &sessions {
        assert!(all.node(1).create(&owned_by("alice")).await.unwrap());
    }
}

async fn a_history_keeps_its_newest_entries(all: impl Deployment) {
    let session = opened();
    all.node(0).create(&session).await.unwrap();
    let bodies: Vec<String> =
        (0..HISTORY_LIMIT + 7).map(|n| n.to_string()).collect();
    for (n, body) in bodies.iter().enumerate() {
        let one = appending(vec![entry("add", body)]);
        assert!(
            all.node(n % 2)
                .append_history(&session.id, &one)
                .await
                .unwrap()
                .is_some()
        );
    }
    let history = all.node(0).read_history(&session.id).await.unwrap();
    let kept: Vec<&str> = history.iter().map(|body| body.get()).collect();
    assert_eq!(kept, bodies[7..]);
}

/// One step instead of two, and the same comes of it.
async fn an_append_can_be_the_visit(all: impl Deployment) {
    let session = opened();
    let (id, who) = (&session.id, &session.principal);
    all.node(0).create(&session).await.unwrap();
    let visit = HistoryAppend { requests: 1, ..entries(1) };
    for node in [0, 1, 1] {
        all.pass(Duration::from_millis(5)).await;
        let before = all.node(0).load(id, who).await.unwrap().unwrap();
        all.node(node).append_history(id, &visit).await.unwrap().unwrap();
        let after = all.node(0).load(id, who).await.unwrap().unwrap();
        assert_eq!(after.requests, before.requests + 1);
        assert_eq!(after.recorded, before.recorded + 1);
        assert!(after.last_activity > before.last_activity);
    }
    let only = HistoryAppend { requests: 1, ..HistoryAppend::default() };
    all.node(0).append_history(id, &only).await.unwrap().unwrap();
    let after = all.node(0).load(id, who).await.unwrap().unwrap();
    assert_eq!((after.requests, after.recorded), (4, 3));
    assert_eq!(all.node(1).read_history(id).await.unwrap().len(), 3);
}

/// What the other node was told holds for the next call here.
async fn an_append_knows_who_hears_of_it(all: impl Deployment) {
    let session = opened();
    let id = &session.id;
    all.node(0).create(&session).await.unwrap();
    let resources = ["a://1".to_owned(), "a://2".to_owned()];
    let append = HistoryAppend { resources: resources.into(), ..entries(2) };
    let appended = async || {
        let appended =
            all.node(0).append_history(id, &append).await.unwrap().unwrap();
        (appended.log_level, appended.subscribed.join(" "))
    };
    assert_eq!(appended().await, (None, String::new()));
    all.node(1).subscribe(id, "a://2").await.unwrap();
    all.node(1).set_log_level(id, Level::Error).await.unwrap();
    assert_eq!(appended().await, (Some(Level::Error), "a://2".to_owned()));
    all.node(1).unsubscribe(id, "a://2").await.unwrap();
    all.node(1).subscribe(id, "a://1").await.unwrap();
    assert_eq!(appended().await, (Some(Level::Error), "a://1".to_owned()));
}

/// 200 at once over two nodes: read-modify-write would lose most of them.
async fn concurrent_appends_lose_nothing(all: impl Deployment) {
    let session = opened();
    all.node(0).create(&session).await.unwrap();
    let appends = (0..200).map(|n| {
        let (store, id) = (all.node(n % 2), session.id);
        tokio::spawn(async move {
            store.append_history(&id, &entries(1)).await.unwrap()
        })
    });
    assert!(
        join_all(appends).await.into_iter().all(|done| done.unwrap().is_some())
    );

    let found = all.node(1).load(&session.id, &session.principal).await.unwrap();
    assert_eq!(found.expect("the session is found").recorded, 200);
    let history = all.node(0).read_history(&session.id).await.unwrap();
    assert_eq!(history.len(), HISTORY_LIMIT);
    assert_eq!(all.node(0).totals().await.unwrap().by_operation["add"], 200);
}

/// D013.
async fn a_cleared_history_is_empty_and_its_count_is_kept(all: impl Deployment) {
    let session = opened();
    all.node(0).create(&session).await.unwrap();
    all.node(0).append_history(&session.id, &entries(3)).await.unwrap();
    let clears = [all.node(0), all.node(1)].map(|store| {
        let id = session.id;
        tokio::spawn(async move { store.clear_history(&id).await.unwrap() })
    });
    let cleared = join_all(clears).await.into_iter().map(|it| it.unwrap());
    let cleared: Vec<u64> =
        cleared.map(|count| count.expect("a session")).collect();
    assert_eq!(cleared.iter().sum::<u64>(), 3, "each entry once: {cleared:?}");
    assert!(all.node(1).read_history(&session.id).await.unwrap().is_empty());
    let found = all.node(1).load(&session.id, &session.principal).await.unwrap();
    assert_eq!(found.expect("the session is found").recorded, 3);
    assert_eq!(all.node(0).totals().await.unwrap().by_operation["add"], 3);
}

async fn an_audit_trail_keeps_its_newest_calls(all: impl Deployment) {
    let (session, other) = (opened(), opened());
    all.node(0).create(&session).await.unwrap();
    all.node(0).create(&other).await.unwrap();
    for (n, part) in audited(7).chunks(2).enumerate() {
        let node = all.node(n % 2);
        assert!(node.append_audit(&session.id, part.to_vec(), 2).await.unwrap());
    }
    let kept = all.node(0).read_audit(&session.id).await.unwrap();
    let kept: Vec<Value> =
        kept.iter().map(|part| serde_json::from_str(part.get()).unwrap()).collect();
    let kinds: Vec<_> =
        kept.iter().map(|part| (&part["kind"], &part["id"])).collect();
    let (request, response) = (json!("request"), json!("response"));
    let (old, new) = (json!(5), json!(6));
    let told =
        [(&request, &old), (&response, &old), (&request, &new), (&response, &new)];
    assert_eq!(kinds, told);
    assert!(all.node(1).read_audit(&other.id).await.unwrap().is_empty());
}

/// The stateless era's session: the same record under another name.
async fn a_tape_is_kept_like_a_session(all: impl Deployment) {
    let all = all.with_short_timeout().await;
    let tape = SessionInit {
        id: SessionId::random_tape(),
        era: Era::Stateless,
        ..opened()
    };
    assert!(all.node(0).create(&tape).await.unwrap());
    let entered =
        all.node(1).load_and_touch(&tape.id, &tape.principal, 1).await.unwrap();
    let record = entered.expect("the tape is found").record;
    assert_eq!((record.init.era, record.phase), (Era::Stateless, Phase::Ready));
    assert!(
        all.node(1).append_history(&tape.id, &entries(1)).await.unwrap().is_some()
    );
    assert_eq!(all.node(0).read_history(&tape.id).await.unwrap().len(), 1);
    assert_eq!(all.node(0).totals().await.unwrap().active_sessions, 1);
    all.idle(&tape).await;
    assert_eq!(all.node(0).sweep().await.unwrap(), 1);
}

async fn subscriptions_and_log_level_are_kept(all: impl Deployment) {
    let (session, uri) = (opened(), "calculator://history?a={b}");
    all.node(0).create(&session).await.unwrap();
    for uri in [uri, uri, "session://info", "calculator://stats"] {
        assert!(all.node(0).subscribe(&session.id, uri).await.unwrap());
    }
    for uri in ["calculator://stats", "never://subscribed"] {
        assert!(all.node(1).unsubscribe(&session.id, uri).await.unwrap());
    }
    assert!(all.node(1).set_log_level(&session.id, Level::Warning).await.unwrap());

    let found = all.node(1).load(&session.id, &session.principal).await.unwrap();
    let record = found.expect("the session is found");
    assert_eq!(
        record.subscriptions.iter().map(String::as_str).collect::<Vec<_>>(),
        [uri, "session://info"]
    );
    assert_eq!(record.log_level, Some(Level::Warning));
}

async fn the_handshake_is_finished_once_and_for_all(all: impl Deployment) {
    let session = opened();
    all.node(0).create(&session).await.unwrap();
    for node in [all.node(1), all.node(0)] {
        assert!(node.mark_ready(&session.id).await.unwrap());
        let entered =
            node.load_and_touch(&session.id, &session.principal, 1).await.unwrap();
        let record = entered.expect("the session is found").record;
        assert_eq!(record.phase, Phase::Ready);
    }
}

async fn totals_are_of_the_whole_deployment(all: impl Deployment) {
    let (first, second) = (opened(), opened());
    all.node(0).create(&first).await.unwrap();
    all.node(1).create(&second).await.unwrap();
    let three = [entry("add", "1"), entry("divide", "2"), entry("add", "3")];
    let (some, all_three) = (three[..1].to_vec(), three.to_vec());
    all.node(0).append_history(&first.id, &appending(all_three)).await.unwrap();
    all.node(1).append_history(&second.id, &appending(some)).await.unwrap();
    all.node(1).terminate(&first.id, &first.principal).await.unwrap();

    for node in [all.node(0), all.node(1)] {
        let totals = node.totals().await.unwrap();
        assert_eq!(totals.active_sessions, 1);
        assert_eq!(
            totals.by_operation,
            BTreeMap::from([("add".to_owned(), 3), ("divide".to_owned(), 1)])
        );
    }
}

async fn an_expired_session_is_swept_and_counted_once(all: impl Deployment) {
    let all = all.with_short_timeout().await;
    let expiring: Vec<_> = (0..40).map(|_| opened()).collect();
    for session in &expiring {
        all.node(0).create(session).await.unwrap();
    }
    for ended in &expiring[..5] {
        all.node(1).terminate(&ended.id, &ended.principal).await.unwrap();
    }
    all.idle(&expiring[39]).await;

    let mut counted = 0;
    all.until("all are swept", async || {
        let (first, second) = (all.node(0), all.node(1));
        let (first, second) = tokio::join!(first.sweep(), second.sweep());
        counted += first.unwrap() + second.unwrap();
        counted >= 35
    })
    .await;
    all.pass(Duration::from_millis(50)).await;
    counted +=
        all.node(0).sweep().await.unwrap() + all.node(1).sweep().await.unwrap();
    assert_eq!(counted, 35);
}
