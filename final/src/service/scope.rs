//! Where a request comes from: out of a session, or out of nowhere.

use std::sync::{Arc, Mutex};

use super::ServiceError;
use super::session_ref::SessionRef;
use crate::lock::lock;
use crate::protocol::RawJson;
use crate::protocol::envelope::Envelope;
use crate::protocol::lifecycle::ClientCapabilities;
use crate::protocol::logging::Level;
use crate::protocol::retries::Answers;
use crate::protocol::version::Era;
use crate::sessions::{Caller, PinnedSession, SessionId};

/// What a request can rely on besides its own parameters.
pub(crate) enum CallScope {
    /// The stateful era: a session.
    Session(SessionScope),
    /// The stateless era: only what it says itself.
    Request(Box<RequestScope>),
}

/// A request in a session.
pub(crate) struct SessionScope {
    /// The session.
    pub visit: Arc<SessionRef>,
    /// Its live part on this node.
    pub live: PinnedSession,
}

/// A request that stands for itself.
pub(crate) struct RequestScope {
    /// Who calls.
    pub caller: Caller,
    /// What it says of itself.
    pub envelope: Envelope,
    /// Log messages from this level on are wanted; `None` are otherwise.
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

    /// The tape whose audit trail tells of the request.
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
    pub fn era(&self) -> Era {
        match self {
            Self::Session(inside) => inside.visit.opened.era,
            Self::Request(_) => Era::Stateless,
        }
    }

    /// What the client declared, once or for this request.
    pub fn capabilities(&self) -> ClientCapabilities {
        match self {
            Self::Session(inside) => inside.visit.opened.capabilities,
            Self::Request(alone) => alone.envelope.capabilities,
        }
    }

    /// Makes sure that the session, if there is one, is there.
    ///
    /// # Errors
    /// As for [`SessionRef::arrive`].
    pub async fn confirm(&self) -> Result<(), ServiceError> {
        if let Self::Session(inside) = self {
            inside.visit.confirm().await?;
        }
        Ok(())
    }
}

impl RetryAnswers {
    /// Answers, and the name of the state that came with them.
    pub fn new(answers: Answers, state: Option<String>) -> Self {
        Self { answers, taken: Mutex::default(), state }
    }

    /// The answer that was given under this key.
    pub fn take(&self, key: &str) -> Option<RawJson> {
        let answer = self.answers.get(key)?.clone();
        lock(&self.taken).insert(key.to_owned(), answer.clone());
        Some(answer)
    }

    /// All that were taken.
    pub fn taken(&self) -> Answers {
        lock(&self.taken).clone()
    }
}
