//! The scope of a request: a session, or its own envelope alone.

use std::sync::Mutex;

use super::ServiceError;
use super::node_context::NodeContext;
use super::session::{Session, SessionHandle};
use crate::calls::PinnedSession;
use crate::lock::lock;
use crate::protocol::RawJson;
use crate::protocol::envelope::Envelope;
use crate::protocol::lifecycle::ClientCapabilities;
use crate::protocol::logging::Level;
use crate::protocol::retries::Answers;
use crate::protocol::version::Era;
use crate::sessions::{Caller, Clock, SessionId};

/// The lowest level of log messages before the client of a session sets one.
const DEFAULT_LEVEL: Level = Level::Info;

/// The context of a request besides its own parameters.
pub(crate) enum CallScope {
    /// The stateful era: a session.
    Session(SessionScope),
    /// The stateless era: the request's envelope alone.
    Request(Box<RequestScope>),
}

/// The scope of a request that may send and be answered. Only
/// [`CallScope::confirm`] makes one.
#[derive(Clone, Copy)]
pub(crate) enum ConfirmedScope<'a> {
    /// Storage has confirmed the session.
    Session(&'a Session),
    /// There is no session to confirm.
    Request(&'a RequestScope),
}

/// A request in a session.
pub(crate) struct SessionScope {
    /// The session.
    pub session: SessionHandle,
    /// The entry of its running calls on this node.
    pub live: PinnedSession,
}

/// A request without a session.
pub(crate) struct RequestScope {
    /// The caller.
    pub caller: Caller,
    /// The request's envelope.
    pub envelope: Envelope,
    /// The lowest level of log messages to send; `None` sends none.
    pub log_level: Option<Level>,
    /// The answers to questions of this round and the earlier ones.
    pub given: RetryAnswers,
    /// The tapes in use, which stay alive until the request ends.
    pub tapes: Mutex<Vec<PinnedSession>>,
}

impl RequestScope {
    /// Keeps a tape alive until the request ends.
    pub fn pin(&self, tape: PinnedSession) {
        lock(&self.tapes).push(tape);
    }

    /// Returns the tape whose audit trail records the request.
    pub fn first_tape(&self) -> Option<SessionId> {
        lock(&self.tapes).first().map(|tape| tape.id)
    }
}

/// The answers that a retry carries.
#[derive(Default)]
pub(crate) struct RetryAnswers {
    answers: Answers,
    /// Those that the handler has used in this round: the next round needs them.
    taken: Mutex<Answers>,
    /// The sealed state that came with them.
    pub state: Option<String>,
}

impl CallScope {
    /// Returns the era and version of the request.
    pub fn era(&self) -> Era {
        match self {
            Self::Session(scope) => scope.session.init().era,
            Self::Request(_) => Era::Stateless,
        }
    }

    /// Returns the clock of the session's store, or of the node.
    pub fn clock(&self, node: &NodeContext) -> Clock {
        match self {
            Self::Session(scope) => scope.session.clock(),
            Self::Request(_) => node.clock,
        }
    }

    /// Returns the declared capabilities, of the session or of this request.
    pub fn capabilities(&self) -> ClientCapabilities {
        match self {
            Self::Session(scope) => scope.session.init().capabilities,
            Self::Request(scope) => scope.envelope.capabilities,
        }
    }

    /// Waits until storage has confirmed the session, if there is one.
    ///
    /// # Errors
    /// As for [`SessionHandle::record`].
    pub async fn confirm(&self) -> Result<ConfirmedScope<'_>, ServiceError> {
        match self {
            Self::Session(scope) => {
                scope.session.session().await.map(ConfirmedScope::Session)
            }
            Self::Request(scope) => Ok(ConfirmedScope::Request(scope)),
        }
    }
}

impl ConfirmedScope<'_> {
    /// Returns whether log messages of this level are sent.
    pub fn logs(self, level: Level) -> bool {
        match self {
            Self::Session(session) => {
                level >= session.log_level.unwrap_or(DEFAULT_LEVEL)
            }
            Self::Request(scope) => {
                scope.log_level.is_some_and(|wanted| level >= wanted)
            }
        }
    }
}

impl RetryAnswers {
    /// Restores answers, and the id of the sealed state that came with them.
    pub fn new(answers: Answers, state: Option<String>) -> Self {
        Self { answers, taken: Mutex::default(), state }
    }

    /// Returns the answer under this key.
    pub fn take(&self, key: &str) -> Option<RawJson> {
        let answer = self.answers.get(key)?.clone();
        lock(&self.taken).insert(key.to_owned(), answer.clone());
        Some(answer)
    }

    /// Returns all answers that the handler has used.
    pub fn taken(&self) -> Answers {
        lock(&self.taken).clone()
    }
}
