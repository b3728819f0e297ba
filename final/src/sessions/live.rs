//! What is live on this node: running calls, pending questions, streams that are
//! read.
//!
//! A session has an entry here only while something of it is live. Everything
//! else is in the store, so an idle session costs the node nothing.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Deref;
use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::id::SessionId;
use crate::lock::lock;
use crate::protocol::RawJson;
use crate::protocol::errors::RpcError;
use crate::protocol::jsonrpc::RequestId;

/// All sessions of which something is live on this node, and how many [`PinnedSession`]
/// hold each of them.
#[derive(Debug, Default)]
pub struct LiveSessions(Mutex<HashMap<SessionId, (Arc<LiveSession>, usize)>>);

/// The client's answer to a question: a result or its error.
pub type ClientAnswer = Result<RawJson, RpcError>;

/// The live part of one session.
#[derive(Debug)]
pub struct LiveSession {
    /// Which session.
    pub id: SessionId,
    calls: Mutex<HashMap<RequestId, CancellationToken>>,
    questions: Mutex<HashMap<RequestId, oneshot::Sender<ClientAnswer>>>,
}

/// Keeps a session's entry alive. The last one to go removes it.
#[derive(Debug)]
pub struct PinnedSession {
    session: Arc<LiveSession>,
    all: Arc<LiveSessions>,
}

impl LiveSessions {
    /// The live entry of a session, made if there was none.
    pub fn pin(self: &Arc<Self>, id: SessionId) -> PinnedSession {
        let mut all = lock(&self.0);
        let (session, holders) =
            all.entry(id).or_insert_with(|| (Arc::new(LiveSession::new(id)), 0));
        *holders += 1;
        PinnedSession { session: session.clone(), all: self.clone() }
    }

    /// The live entry of a session, if it has one.
    pub fn get(&self, id: &SessionId) -> Option<Arc<LiveSession>> {
        lock(&self.0).get(id).map(|(session, _)| session.clone())
    }

    /// Every session that has something live at this moment.
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

    /// The call is over; its id may be used again.
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

    /// Nobody waits for this answer any more.
    pub fn withdraw_question(&self, id: &RequestId) {
        lock(&self.questions).remove(id);
    }

    /// Whether somebody here waits for this answer.
    pub fn has_question(&self, id: &RequestId) -> bool {
        lock(&self.questions).contains_key(id)
    }

    /// Hands an answer to whoever asked; `false` if nobody did (L079).
    pub fn deliver_answer(&self, id: &RequestId, outcome: ClientAnswer) -> bool {
        let asker = lock(&self.questions).remove(id);
        asker.is_some_and(|asker| asker.send(outcome).is_ok())
    }

    /// Ends all calls and questions: the session is over.
    pub fn close(&self) {
        lock(&self.calls).values().for_each(CancellationToken::cancel);
        lock(&self.questions).clear();
    }
}
