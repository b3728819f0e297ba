//! Questions to the client, in the middle of a call.
//!
//! In the stateful era a question is a request on the call's stream, and the call
//! waits. In the stateless era the call ends with the question, and the client
//! sends the call again with the answer: the handler then runs from its start, and
//! this time finds the answer. The handler is suspended at the `?`.
//! spec: client/elicitation, client/sampling, client/roots; basic/patterns/mrtr

use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::try_join;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::scope::{CallScope, ConfirmedScope, RequestScope, SessionScope};
use super::{Context, ServiceError};
use crate::protocol::jsonrpc::{RequestId, request_message};
use crate::protocol::progress::CancelledParams;
use crate::protocol::question::Question;
use crate::protocol::retries::{InputRequest, InputRequests};
use crate::protocol::{RawJson, to_raw};
use crate::sessions::Phase;

/// The time that the client of a session has to answer a question, unless the
/// handler sets another one. People fill in forms.
pub const ASK_DEADLINE: Duration = Duration::from_secs(300);

/// The time for which the answers to a question are accepted in the stateless era.
pub const ANSWER_LIFETIME: Duration = Duration::from_secs(600);

/// How long the use of answers that count once is remembered. Longer than they can
/// be accepted, even if the handler is slow, or if the store that gives the time
/// has been replaced by one with another clock.
const USE_LIFETIME: Duration = Duration::from_secs(2 * ANSWER_LIFETIME.as_secs());

/// Pause before a question is withdrawn again from a store that did not answer:
/// nothing else would remove it before its session ends.
const WITHDRAW_PAUSE: Duration = Duration::from_millis(500);

/// An answer, or the error that asks the client first.
type Asked<T> = Result<T, InputRequests>;

impl Context {
    /// Asks the client.
    ///
    /// `key` names the question within the call. Code before an `ask` must be
    /// repeatable: in the stateless era the handler runs again, from the start,
    /// when the answer is there.
    ///
    /// # Errors
    /// [`ServiceError`]: the client cannot be asked, does not answer, refuses,
    /// answers something else, or has to be asked first. `?` passes it on.
    pub async fn ask<Q: Question>(
        &self,
        key: &str,
        question: &Q,
    ) -> Result<Q::Answer, ServiceError> {
        self.ask_within(key, question, ASK_DEADLINE).await
    }

    /// Asks like [`ask`](Self::ask), with a deadline of the handler's own (L030).
    /// The stateless era has no deadline, because no call waits there.
    ///
    /// # Errors
    /// As for [`ask`](Self::ask).
    pub async fn ask_within<Q: Question>(
        &self,
        key: &str,
        question: &Q,
        deadline: Duration,
    ) -> Result<Q::Answer, ServiceError> {
        let asked = self.put(key, question, deadline).await?;
        asked.map_err(ServiceError::InputRequired)
    }

    /// Asks several questions concurrently: `cx.ask_all((("name", form), ("roots",
    /// ListRoots {})))` returns a tuple of answers.
    ///
    /// # Errors
    /// As for [`ask`](Self::ask).
    pub fn ask_all<'a, Q: Questions + 'a>(
        &'a self,
        questions: Q,
    ) -> BoxFuture<'a, Result<Q::Answers, ServiceError>> {
        questions.ask(self)
    }

    /// Uses the answers of this call once, across all nodes: a repeated retry is
    /// refused. Call it after the last question and before the first effect. The
    /// stateful era repeats no answers.
    ///
    /// # Errors
    /// [`ServiceError::InvalidParams`] if they were used before.
    pub async fn use_answers_once(&self) -> Result<(), ServiceError> {
        let CallScope::Request(scope) = &self.scope else { return Ok(()) };
        let Some(state) = &scope.given.state else {
            return Err(refused("requestState is required here"));
        };
        if self.node.bus.use_once(state, USE_LIFETIME).await? {
            Ok(())
        } else {
            Err(refused("requestState was used before"))
        }
    }

    async fn put<Q: Question>(
        &self,
        key: &str,
        question: &Q,
        deadline: Duration,
    ) -> Result<Asked<Q::Answer>, ServiceError> {
        match &self.scope {
            CallScope::Session(scope) => {
                self.send_and_wait(scope, question, deadline).await.map(Ok)
            }
            CallScope::Request(scope) => self.look_up(scope, key, question),
        }
    }

    fn look_up<Q: Question>(
        &self,
        scope: &RequestScope,
        key: &str,
        question: &Q,
    ) -> Result<Asked<Q::Answer>, ServiceError> {
        if let Some(answer) = scope.given.take(key) {
            let answer = read(question, &answer);
            let unfit = "inputResponses: an answer does not fit its question";
            return answer.map(Ok).ok_or_else(|| refused(unfit));
        }
        if !question.is_allowed(self.era(), self.client()) {
            return Err(ServiceError::MissingCapability(Q::CAPABILITY));
        }
        let request = InputRequest { method: Q::METHOD, params: to_raw(question) };
        Ok(Err([(key.to_owned(), request)].into()))
    }

    async fn send_and_wait<Q: Question>(
        &self,
        scope: &SessionScope,
        question: &Q,
        deadline: Duration,
    ) -> Result<Q::Answer, ServiceError> {
        let session = scope.session.session().await?;
        let record = session.record().await?;
        self.check_askable(question, record.phase)?;
        // Random, so that no node ever repeats it in this session (L004, D002).
        let id = RequestId::String(Uuid::new_v4().to_string());
        let answer = scope.live.register_question(id.clone());
        let pending = PendingQuestion { cx: self, scope, id: &id };
        // Any node may receive the answer, so the question is stored before it is
        // sent.
        let bus = &self.node.bus;
        if !bus.register_question(&record.init.id, &id, &self.id).await? {
            return Err(ServiceError::SessionEnded);
        }
        let message = request_message(&id, Q::METHOD, question);
        self.send(ConfirmedScope::Session(session), message).await;
        let Ok(outcome) = timeout(deadline, answer).await else {
            self.withdraw(&id).await;
            return Err(ServiceError::NoAnswer);
        };
        let outcome = outcome.map_err(|_| ServiceError::SessionEnded)?;
        drop(pending);
        let answer = outcome.map_err(ServiceError::Refused)?;
        read(question, &answer).ok_or(ServiceError::BadAnswer)
    }

    /// Refuses a question that cannot reach the client of a session.
    fn check_askable<Q: Question>(
        &self,
        question: &Q,
        phase: Phase,
    ) -> Result<(), ServiceError> {
        let is_allowed = question.is_allowed(self.era(), self.client());
        if phase != Phase::Ready || !is_allowed {
            Err(ServiceError::CannotAsk(Q::METHOD))
        } else if !self.is_stream() {
            Err(ServiceError::NoStream)
        } else {
            Ok(())
        }
    }

    /// Notifies the client that the call no longer waits for its answer (L029).
    async fn withdraw(&self, id: &RequestId) {
        let reason = Some("no answer in time".to_owned());
        let params = CancelledParams { request_id: id.clone(), reason };
        self.notify("notifications/cancelled", &params).await;
    }
}

fn read<Q: Question>(question: &Q, answer: &RawJson) -> Option<Q::Answer> {
    let answer = serde_json::from_str(answer.get()).ok()?;
    question.accepts(&answer).then_some(answer)
}

fn refused(rule: &'static str) -> ServiceError {
    ServiceError::InvalidParams(rule.into())
}

/// Removes the question when the handler stops waiting, for any reason.
struct PendingQuestion<'a> {
    cx: &'a Context,
    scope: &'a SessionScope,
    id: &'a RequestId,
}

impl Drop for PendingQuestion<'_> {
    fn drop(&mut self) {
        self.scope.live.withdraw_question(self.id);
        let bus = self.cx.node.bus.clone();
        let session = self.scope.session.init().id;
        let id = self.id.clone();
        self.cx.node.background.spawn(async move {
            while let Err(error) = bus.withdraw_question(&session, &id).await {
                tracing::debug!(%error, "a question was not withdrawn");
                if !error.is_outage() {
                    break;
                }
                sleep(WITHDRAW_PAUSE).await;
            }
        });
    }
}

/// Several questions, each with its key: a tuple of two to four pairs.
pub trait Questions {
    /// The answers, in the same order.
    type Answers;

    /// Asks all of them concurrently.
    ///
    /// # Errors
    /// [`ServiceError`], as for one question.
    fn ask<'a>(
        self,
        cx: &'a Context,
    ) -> BoxFuture<'a, Result<Self::Answers, ServiceError>>
    where
        Self: 'a;
}

macro_rules! questions {
    ($($question:ident $answer:ident),*) => {
        impl<$($question: Question),*> Questions
            for ($((&'static str, $question),)*)
        {
            type Answers = ($($question::Answer,)*);

            #[allow(non_snake_case)]
            fn ask<'a>(
                self,
                cx: &'a Context,
            ) -> BoxFuture<'a, Result<Self::Answers, ServiceError>>
            where
                Self: 'a,
            {
                Box::pin(async move {
                    let ($($question,)*) = self;
                    // The first one that cannot be asked ends them all.
                    let ($($answer,)*) = try_join!(
                        $(cx.put($question.0, &$question.1, ASK_DEADLINE)),*
                    )?;
                    match ($($answer,)*) {
                        ($(Ok($answer),)*) => Ok(($($answer,)*)),
                        ($($answer,)*) => {
                            let mut open = InputRequests::new();
                            $(open.extend($answer.err().unwrap_or_default());)*
                            Err(ServiceError::InputRequired(open))
                        }
                    }
                })
            }
        }
    };
}

questions!(A a, B b);
questions!(A a, B b, C c);
questions!(A a, B b, C c, D d);
