//! The sessions of which a call runs on this node, and the pending questions of
//! those calls.
//!
//! A session has an entry only while a call pins it. Everything else is in the
//! store, so an idle session costs the node nothing.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Deref;
use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::lock::lock;
use crate::protocol::jsonrpc::{ClientAnswer, RequestId};
use crate::sessions::SessionId;

/// All sessions of which a call runs on this node, each with its number of
/// [`PinnedSession`]s.
#[derive(Debug, Default)]
pub struct LiveSessions(Mutex<HashMap<SessionId, (Arc<LiveSession>, usize)>>);

/// The live part of one session.
#[derive(Debug)]
pub struct LiveSession {
    /// The session.
    pub id: SessionId,
    calls: Mutex<HashMap<RequestId, CancellationToken>>,
    questions: Mutex<HashMap<RequestId, oneshot::Sender<ClientAnswer>>>,
}

/// Keeps a session's entry alive. Dropping the last one removes it.
#[derive(Debug)]
pub struct PinnedSession {
    session: Arc<LiveSession>,
    all: Arc<LiveSessions>,
}

impl LiveSessions {
    /// Returns the entry of a session, and creates it if there was none.
    pub fn pin(self: &Arc<Self>, id: SessionId) -> PinnedSession {
        let mut all = lock(&self.0);
        let (session, holders) =
            all.entry(id).or_insert_with(|| (Arc::new(LiveSession::new(id)), 0));
        *holders += 1;
        PinnedSession { session: session.clone(), all: self.clone() }
    }

    /// Returns the entry of a session, if it has one.
    pub fn get(&self, id: &SessionId) -> Option<Arc<LiveSession>> {
        lock(&self.0).get(id).map(|(session, _)| session.clone())
    }

    /// Returns the entries of all sessions that have one now.
    pub fn all(&self) -> Vec<Arc<LiveSession>> {
        lock(&self.0).values().map(|(session, _)| session.clone()).collect()
    }
}

impl Drop for PinnedSession {
    fn drop(&mut self) {
        let mut all = lock(&self.all.0);
        if let Entry::Occupied(mut entry) = all.entry(self.session.id) {
            match &mut entry.get_mut().1 {
                1 => drop(entry.remove()),
                holders => *holders -= 1,
            }
        }
    }
}

impl Deref for PinnedSession {
    type Target = LiveSession;
    fn deref(&self) -> &LiveSession {
        &self.session
    }
}

impl LiveSession {
    fn new(id: SessionId) -> Self {
        Self { id, calls: Mutex::default(), questions: Mutex::default() }
    }

    /// Registers a running call; `None` if one with this id is already running
    /// (D008: it would be left without an answer).
    pub fn register_call(&self, id: &RequestId) -> Option<CancellationToken> {
        match lock(&self.calls).entry(id.clone()) {
            Entry::Occupied(_) => None,
            Entry::Vacant(free) => Some(free.insert(Default::default()).clone()),
        }
    }

    /// Frees the id of a call that has ended.
    pub fn unregister_call(&self, id: &RequestId) {
        lock(&self.calls).remove(id);
    }

    /// Cancels a running call; `false` if there is none (L078).
    pub fn cancel_call(&self, id: &RequestId) -> bool {
        lock(&self.calls).get(id).map(CancellationToken::cancel).is_some()
    }

    /// Registers a question to the client.
    pub fn register_question(
        &self,
        id: RequestId,
    ) -> oneshot::Receiver<ClientAnswer> {
        let (sender, receiver) = oneshot::channel();
        lock(&self.questions).insert(id, sender);
        receiver
    }

    /// Removes a question, because no call waits for its answer any longer.
    pub fn withdraw_question(&self, id: &RequestId) {
        lock(&self.questions).remove(id);
    }

    /// Returns whether a call of this node waits for this answer.
    pub fn has_question(&self, id: &RequestId) -> bool {
        lock(&self.questions).contains_key(id)
    }

    /// Hands an answer to the call that waits for it; `false` if none does (L079).
    pub fn deliver_answer(&self, id: &RequestId, outcome: ClientAnswer) -> bool {
        let asker = lock(&self.questions).remove(id);
        asker.is_some_and(|asker| asker.send(outcome).is_ok())
    }

    /// Cancels all calls and questions of a session that has ended.
    pub fn close(&self) {
        lock(&self.calls).values().for_each(CancellationToken::cancel);
        lock(&self.questions).clear();
    }
}
