//! What the node keeps of its sessions.

use std::sync::Arc;
use std::thread;

use ch03_sessions::protocol::to_raw;
use ch03_sessions::sessions::record::HISTORY_LIMIT;
use ch03_sessions::sessions::{MemoryStore, SessionId, SessionRecord};

fn opened(store: &MemoryStore) -> SessionId {
    let id = SessionId::random();
    store.create(SessionRecord { id, version: "2025-11-25" });
    id
}

fn history(store: &MemoryStore, id: &SessionId) -> Vec<String> {
    store.history(id).iter().map(|entry| entry.get().to_owned()).collect()
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

#[test]
fn a_session_sees_only_its_own_history() {
    let store = MemoryStore::default();
    let (first, second) = (opened(&store), opened(&store));
    assert!(store.append(&first, to_raw(&1)));
    assert_eq!(history(&store, &first), ["1"]);
    assert!(history(&store, &second).is_empty());
}

#[test]
fn a_history_keeps_its_newest_entries() {
    let store = MemoryStore::default();
    let id = opened(&store);
    for n in 0..HISTORY_LIMIT + 7 {
        assert!(store.append(&id, to_raw(&n)));
    }
    let expected: Vec<String> =
        (7..HISTORY_LIMIT + 7).map(|n| n.to_string()).collect();
    assert_eq!(history(&store, &id), expected);
}

/// L065: ended is ended, also for a write that comes late.
#[test]
fn a_late_write_does_not_bring_a_session_back() {
    let store = MemoryStore::default();
    let id = opened(&store);
    assert!(store.append(&id, to_raw(&1)));
    assert!(store.terminate(&id));

    assert!(!store.append(&id, to_raw(&2)));
    assert!(!store.terminate(&id), "only once");
    assert!(store.load(&id).is_none());
    assert!(history(&store, &id).is_empty());
}

/// Under one lock, an append is one step.
#[test]
fn concurrent_appends_lose_nothing() {
    let store = Arc::new(MemoryStore::default());
    let id = opened(&store);
    let writers: Vec<_> = (0..5)
        .map(|_| {
            let store = store.clone();
            thread::spawn(move || (0..8).all(|n| store.append(&id, to_raw(&n))))
        })
        .collect();
    for writer in writers {
        assert!(writer.join().expect("a thread"));
    }
    assert_eq!(history(&store, &id).len(), 40);
}
