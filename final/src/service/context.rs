//! All that a handler may touch besides its arguments.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::Value;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Changes, ServiceError, State};
use crate::{
    protocol::{
        RawJson,
        jsonrpc::{RequestId, notification_message, request_message},
        logging::{Level, LogMessage},
        progress::{CancelledParams, Progress, ProgressToken},
        question::Question,
        version::{Era, Version},
    },
    sessions::{
        Frame, Live, Outbox, Phase, SessionRecord, SessionStore, Timestamp,
    },
};

/// How long a client has to answer a question, unless the handler says
/// otherwise: people fill in forms.
pub const ASK_DEADLINE: Duration = Duration::from_secs(300);

/// Log messages below this level are not sent before the client chose a level.
const DEFAULT_LEVEL: Level = Level::Info;

/// One running request, as its handler sees it.
pub struct Context {
    /// The request's id.
    pub(crate) id: RequestId,
    /// The session as it was when the request arrived.
    pub(crate) session: Arc<SessionRecord>,
    /// When that was, to continue the store's clock from.
    pub(crate) entered: Instant,
    /// Where the session is kept.
    pub(crate) store: Arc<dyn SessionStore>,
    /// The stream that answers the request.
    pub(crate) outbox: Outbox,
    /// The session's live part on this node.
    pub(crate) live: Live,
    /// Tells subscribers of changes.
    pub(crate) changes: Arc<Changes>,
    /// Ends the call when the client no longer wants it.
    pub(crate) cancelled: CancellationToken,
    /// The caller's wish to hear of progress.
    pub(crate) progress: Option<ProgressReports>,
}

/// Where progress goes, and how far it has come.
pub(crate) struct ProgressReports {
    token: ProgressToken,
    last: Mutex<f64>,
}

impl ProgressReports {
    pub(crate) fn new(token: ProgressToken) -> Self {
        Self { token, last: Mutex::new(f64::NEG_INFINITY) }
    }
}

impl Context {
    /// The session as it was when the request arrived, this request counted.
    pub fn session(&self) -> &SessionRecord {
        &self.session
    }

    /// The era and version that the request speaks.
    pub fn era(&self) -> Era {
        Era::Stateful(self.version())
    }

    fn version(&self) -> Version {
        self.session.opened.version
    }

    /// The session's state in the store.
    pub fn state(&self) -> State<'_> {
        State { store: &*self.store, session: &self.session }
    }

    /// The store's time: equal on all nodes that share it.
    pub fn now(&self) -> Timestamp {
        self.session.last_activity.plus(self.entered.elapsed())
    }

    /// Resolves when the caller no longer wants the answer. A handler that only
    /// awaits is dropped anyway; this is for one that must clean up.
    pub async fn cancelled(&self) {
        self.cancelled.cancelled().await;
    }

    /// Reports progress, if the caller asked for it. `progress` must grow; a
    /// report that does not is left out (L090).
    pub fn progress(
        &self,
        progress: f64,
        total: Option<f64>,
        message: Option<&str>,
    ) {
        let Some(reports) = &self.progress else { return };
        let mut last = reports.last.lock().unwrap_or_else(PoisonError::into_inner);
        if progress > *last {
            *last = progress;
            let params = Progress {
                progress_token: &reports.token,
                progress,
                total,
                message,
            };
            self.notify("notifications/progress", &params);
        }
    }

    /// Sends a log message, if the session's level lets it through (L128).
    /// `data` must hold no secrets and no personal data (L131).
    pub fn log(&self, level: Level, logger: &str, data: Value) {
        if level >= self.session.log_level.unwrap_or(DEFAULT_LEVEL) {
            self.notify(
                "notifications/message",
                &LogMessage { level, logger, data },
            );
        }
    }

    /// A resource of this session has changed.
    pub fn changed(&self, uri: &str) {
        self.changes.of_session(&self.session.opened.id, uri);
    }

    /// A resource of the whole deployment has changed.
    pub fn changed_for_all(&self, uri: &'static str) {
        self.changes.of_all(uri);
    }

    /// Asks the client and waits for its answer, at most [`ASK_DEADLINE`].
    ///
    /// `key` names the question within the call. Code before an `ask` must be
    /// repeatable: in the stateless era the handler runs again, from the start,
    /// when the answer is there.
    ///
    /// # Errors
    /// [`ServiceError`]: the client cannot be asked, does not answer, refuses,
    /// or answers something else. `?` passes it on as the call's error.
    pub async fn ask<Q: Question>(
        &self,
        key: &str,
        question: &Q,
    ) -> Result<Q::Answer, ServiceError> {
        self.ask_within(key, question, ASK_DEADLINE).await
    }

    /// [`ask`](Self::ask) with a deadline of the handler's own (L030).
    ///
    /// # Errors
    /// As for [`ask`](Self::ask).
    pub async fn ask_within<Q: Question>(
        &self,
        _key: &str,
        question: &Q,
        deadline: Duration,
    ) -> Result<Q::Answer, ServiceError> {
        let client = self.session.opened.capabilities;
        if self.session.phase != Phase::Ready
            || !question.is_allowed(self.version(), client)
        {
            return Err(ServiceError::CannotAsk(Q::METHOD));
        }
        if !self.outbox.is_stream() {
            return Err(ServiceError::NoStream);
        }
        // Random, so that no node ever repeats it in this session (L004, D002).
        let id = RequestId::String(Uuid::new_v4().to_string());
        let pending = PendingQuestion { live: &self.live, id: &id };
        let answer = self.live.ask(id.clone());
        self.send(request_message(&id, Q::METHOD, question));
        let outcome = match timeout(deadline, answer).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => return Err(ServiceError::SessionEnded),
            Err(_) => {
                self.withdraw(&id);
                return Err(ServiceError::NoAnswer);
            }
        };
        drop(pending);
        let answer = outcome.map_err(ServiceError::Refused)?;
        let answer: Q::Answer = serde_json::from_str(answer.get())
            .map_err(|_| ServiceError::BadAnswer)?;
        if question.accepts(&answer) {
            Ok(answer)
        } else {
            Err(ServiceError::BadAnswer)
        }
    }

    /// L029: tells the client that its answer is no longer waited for.
    fn withdraw(&self, id: &RequestId) {
        let reason = Some("no answer in time".to_owned());
        let params = CancelledParams { request_id: id.clone(), reason };
        self.notify("notifications/cancelled", &params);
    }

    fn notify(&self, method: &str, params: &impl serde::Serialize) {
        if self.outbox.is_stream() {
            self.send(notification_message(method, params));
        }
    }

    /// Later the event log enters here: what is sent is appended first.
    fn send(&self, message: RawJson) {
        self.outbox.send(Frame::Message(message));
    }
}

/// The call is over, however it ended: its id may be used again.
impl Drop for Context {
    fn drop(&mut self) {
        self.live.finish(&self.id);
    }
}

/// Forgets the question when the handler stops waiting, for whatever reason.
struct PendingQuestion<'a> {
    live: &'a Live,
    id: &'a RequestId,
}

impl Drop for PendingQuestion<'_> {
    fn drop(&mut self) {
        self.live.withdraw(self.id);
    }
}
