//! All that a handler may touch besides its arguments.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use serde::Serialize;
use serde_json::Value;
use tokio::time::{Instant, timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use super::{Changes, ServiceError, State};
use crate::{
    bus::Bus,
    events::Audit,
    lock::lock,
    protocol::{
        jsonrpc::{RequestId, notification_message, request_message},
        logging::{Level, LogMessage},
        progress::{CancelledParams, Progress, ProgressToken},
        question::Question,
        version::{Era, Version},
    },
    sessions::{Live, Outbox, Phase, Said, SessionRecord, SessionStore, Timestamp},
};

/// How long a client has to answer a question, unless the handler says
/// otherwise: people fill in forms.
pub const ASK_DEADLINE: Duration = Duration::from_secs(300);

/// For how long the subscriptions are believed that the session had when the
/// request arrived. A short call need not ask for them again.
const FRESH: Duration = Duration::from_secs(1);

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
    /// What the session has asked and was answered.
    pub(crate) audit: Arc<Audit>,
    /// Lets answers find their way to this node.
    pub(crate) bus: Arc<dyn Bus>,
    /// Runs what is left to do when the call is over.
    pub(crate) background: TaskTracker,
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

    fn grows_to(&self, progress: f64) -> bool {
        let mut last = lock(&self.last);
        let grows = progress > *last;
        if grows {
            *last = progress;
        }
        grows
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
        let (store, audit) = (&*self.store, &*self.audit);
        State { store, audit, session: &self.session }
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
    pub async fn progress(
        &self,
        progress: f64,
        total: Option<f64>,
        message: Option<&str>,
    ) {
        let Some(reports) = &self.progress else { return };
        if reports.grows_to(progress) {
            let params = Progress {
                progress_token: &reports.token,
                progress,
                total,
                message,
            };
            self.notify("notifications/progress", &params).await;
        }
    }

    /// Sends a log message, if the session's level lets it through (L128).
    /// `data` must hold no secrets and no personal data (L131).
    pub async fn log(&self, level: Level, logger: &str, data: Value) {
        if level >= self.session.log_level.unwrap_or(DEFAULT_LEVEL) {
            let params = LogMessage { level, logger, data };
            self.notify("notifications/message", &params).await;
        }
    }

    /// Lets go of the client's connection for a call that will take long: a client
    /// that can resume the stream is asked to come back for the rest.
    /// spec: basic/transports (the server may close the connection)
    pub async fn hang_up(&self) {
        self.outbox.send(Said::HangUp).await;
    }

    /// A resource of this session has changed.
    pub async fn changed(&self, uri: &str) {
        let is_fresh = self.entered.elapsed() < FRESH;
        if self.session.subscriptions.contains(uri) || !is_fresh {
            self.changes.of_session(&self.session.opened.id, uri).await;
        }
    }

    /// A resource of the whole deployment has changed.
    pub fn changed_for_all(&self, uri: &str) {
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
        let answer = self.live.ask(id.clone());
        let pending = PendingQuestion { cx: self, id: &id };
        // Whichever node is answered must know who waits before anybody is asked.
        if !self.bus.expect(&self.session.opened.id, &id, &self.id).await? {
            return Err(ServiceError::SessionEnded);
        }
        let message = request_message(&id, Q::METHOD, question);
        self.outbox.send(Said::Message(message)).await;
        let outcome = match timeout(deadline, answer).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => return Err(ServiceError::SessionEnded),
            Err(_) => {
                self.withdraw(&id).await;
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
    async fn withdraw(&self, id: &RequestId) {
        let reason = Some("no answer in time".to_owned());
        let params = CancelledParams { request_id: id.clone(), reason };
        self.notify("notifications/cancelled", &params).await;
    }

    async fn notify(&self, method: &str, params: &(impl Serialize + Sync)) {
        if self.outbox.is_stream() {
            let message = notification_message(method, params);
            self.outbox.send(Said::Message(message)).await;
        }
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
    cx: &'a Context,
    id: &'a RequestId,
}

impl Drop for PendingQuestion<'_> {
    fn drop(&mut self) {
        self.cx.live.withdraw(self.id);
        let (bus, session) = (self.cx.bus.clone(), self.cx.session.opened.id);
        let id = self.id.clone();
        self.cx.background.spawn(async move {
            if let Err(error) = bus.withdraw(&session, &id).await {
                tracing::debug!(%error, "a question was not withdrawn");
            }
        });
    }
}
