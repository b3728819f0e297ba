//! The scope of a request: a session, or only what the request says itself.

use std::sync::Mutex;

use super::ServiceError;
use super::session::{Session, SessionHandle};
use crate::calls::PinnedSession;
use crate::lock::lock;
use crate::protocol::RawJson;
use crate::protocol::envelope::Envelope;
use crate::protocol::lifecycle::ClientCapabilities;
use crate::protocol::logging::Level;
use crate::protocol::retries::Answers;
use crate::protocol::version::Era;
use crate::sessions::{Caller, SessionId};

/// Log messages below this level are not sent before the client of a session
/// chose a level.
const DEFAULT_LEVEL: Level = Level::Info;

/// What a request can rely on besides its own parameters.
pub(crate) enum CallScope {
    /// The stateful era: a session.
    Session(SessionScope),
    /// The stateless era: only what it says itself.
    Request(Box<RequestScope>),
}

/// The scope of a request that may send and be answered. [`CallScope::confirm`]
/// alone makes one.
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
    /// Who calls.
    pub caller: Caller,
    /// What it says of itself.
    pub envelope: Envelope,
    /// Log messages from this level on are wanted; none are without one.
    pub log_level: Option<Level>,
    /// What was answered to questions of earlier rounds, and now.
    pub given: RetryAnswers,
    /// The tapes that it uses, which stay alive meanwhile.
    pub tapes: Mutex<Vec<PinnedSession>>,
}

impl RequestScope {
    /// Keeps a tape alive to the end of the request.
    pub fn hold(&self, tape: PinnedSession) {
        lock(&self.tapes).push(tape);
    }

    /// Returns the tape whose audit trail records the request.
    pub fn first_tape(&self) -> Option<SessionId> {
        lock(&self.tapes).first().map(|tape| tape.id)
    }
}

/// The answers that a retry brings.
#[derive(Default)]
pub(crate) struct RetryAnswers {
    answers: Answers,
    /// Those that the handler has asked for in this round: the next one needs them.
    taken: Mutex<Answers>,
    /// The sealed state that came with them.
    pub state: Option<String>,
}

impl CallScope {
    /// Returns the era and version that the request speaks.
    pub fn era(&self) -> Era {
        match self {
            Self::Session(scope) => scope.session.init().era,
            Self::Request(_) => Era::Stateless,
        }
    }

    /// Returns what the client declared, once or for this request.
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
    /// Tells whether log messages of this level are wanted.
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
    /// Keeps answers, and the name of the state that came with them.
    pub fn new(answers: Answers, state: Option<String>) -> Self {
        Self { answers, taken: Mutex::default(), state }
    }

    /// Returns the answer that was given under this key.
    pub fn take(&self, key: &str) -> Option<RawJson> {
        let answer = self.answers.get(key)?.clone();
        lock(&self.taken).insert(key.to_owned(), answer.clone());
        Some(answer)
    }

    /// Returns all that were taken.
    pub fn taken(&self) -> Answers {
        lock(&self.taken).clone()
    }
}
