//! A request of the stateless era: the same methods, on what the request says
//! itself, and results that say what they are.
//! spec: basic/index, basic/patterns/mrtr, 2026-07-28

use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Call, Engine, dispatch};
use crate::error::Error;
use crate::protocol::caching::CacheHint;
use crate::protocol::discovery::DiscoverResult;
use crate::protocol::envelope::{BadEnvelope, Envelope};
use crate::protocol::jsonrpc::{Request, RequestId};
use crate::protocol::method::Method;
use crate::protocol::raw::canonical;
use crate::protocol::resources::ResourceParams;
use crate::protocol::results::{ResultEnvelope, ResultMeta, ResultType};
use crate::protocol::retries::{Answers, InputRequests, InputRequired, Retry};
use crate::protocol::version::SUPPORTED;
use crate::protocol::{RawJson, to_raw};
use crate::service::asking::ANSWER_LIFETIME;
use crate::service::scope::{CallScope, RequestScope, RetryAnswers};
use crate::service::{Context, ServiceError};
use crate::sessions::{CallSink, Caller};

/// What a client brings back with its answers, as `requestState`.
#[derive(Serialize, Deserialize)]
struct RequestState {
    /// Random, and the name under which it can be used up.
    id: String,
    /// Until when it is accepted, ms since 1970, by the clock that all nodes share.
    until: u64,
    /// What was answered in earlier rounds.
    answers: Answers,
}

impl Engine {
    /// Starts a request that belongs to no session. What it sends meanwhile goes to
    /// `sink`; nothing runs before the call is polled, and nothing after it is
    /// dropped.
    ///
    /// # Errors
    /// [`BadEnvelope`] if it wants a log level that there is not.
    pub fn serve(
        self: &Arc<Self>,
        caller: &Caller,
        request: Request,
        envelope: Envelope,
        sink: CallSink,
    ) -> Result<Call, BadEnvelope> {
        let alone = RequestScope {
            log_level: envelope.log_level()?,
            caller: caller.clone(),
            envelope,
            given: RetryAnswers::default(),
            tapes: Mutex::default(),
        };
        let origin = CallScope::Request(Box::new(alone));
        let arrived = (self.clock.now(), Instant::now());
        let cancelled = CancellationToken::new();
        Ok(self.begin(origin, arrived, request, sink, cancelled))
    }

    /// Serves the request, or asks the client first.
    pub(super) async fn dispatch_stateless(
        &self,
        cx: &mut Context,
        method: Method,
        params: Option<&RawJson>,
    ) -> Result<RawJson, Error> {
        let may_ask = cx.era().asks_in_results_of(method);
        if may_ask {
            self.restore_answers(cx, method, params).await?;
        }
        match self.dispatch(cx, method, params).await {
            Ok(result) => {
                let cache = self.cache_hint(cx, method, params);
                let listened = (method == Method::Listen).then_some(&cx.id);
                let stamp = self.stamp(ResultType::Complete, cache, listened);
                Ok(stamp.on(&result))
            }
            Err(Error::Service(ServiceError::InputRequired(questions)))
                if may_ask =>
            {
                self.input_required(cx, &questions, method, params).await
            }
            Err(error) => Err(error),
        }
    }

    /// Gives the handler what the client has answered so far.
    async fn restore_answers(
        &self,
        cx: &mut Context,
        method: Method,
        params: Option<&RawJson>,
    ) -> Result<(), Error> {
        let CallScope::Request(alone) = &mut cx.origin else { return Ok(()) };
        let retry = Retry::of(params).ok_or(Error::InvalidParams(
            "inputResponses is an object, requestState a string".into(),
        ))?;
        let mut answers = retry.input_responses.unwrap_or_default();
        let mut state = None;
        if let Some(sealed) = retry.request_state {
            let purpose = purpose(&alone.caller, method, params)?;
            let opened = self.keys.open(&sealed, &purpose);
            let remembered: RequestState = opened
                .and_then(|text| serde_json::from_slice(&text).ok())
                .ok_or_else(bad_state)?;
            let now = self.bus.time_for(&remembered.id).await?;
            if remembered.until <= now.0 {
                return Err(bad_state());
            }
            // What was accepted once is not answered again.
            answers.extend(remembered.answers);
            state = Some(remembered.id);
        }
        alone.given = RetryAnswers::new(answers, state);
        Ok(())
    }

    async fn input_required(
        &self,
        cx: &Context,
        questions: &InputRequests,
        method: Method,
        params: Option<&RawJson>,
    ) -> Result<RawJson, Error> {
        let alone = cx.request_scope().ok_or(Error::MethodNotFound)?;
        let id = format!("{:032x}", rand::random::<u128>());
        let now = self.bus.time_for(&id).await?;
        let remembered = RequestState {
            id,
            until: now.plus(ANSWER_LIFETIME).0,
            answers: alone.given.taken(),
        };
        let purpose = purpose(&alone.caller, method, params)?;
        let text = to_raw(&remembered);
        let sealed = self.keys.seal(text.get().as_bytes(), &purpose);
        let request_state =
            sealed.map_err(|error| ServiceError::Internal(error.into()))?;
        let result =
            to_raw(&InputRequired { input_requests: questions, request_state });
        Ok(self.stamp(ResultType::InputRequired, None, None).on(&result))
    }

    fn stamp<'a>(
        &'a self,
        result_type: ResultType,
        cache: Option<CacheHint>,
        subscription: Option<&'a RequestId>,
    ) -> ResultEnvelope<'a> {
        let meta = ResultMeta { server: &self.server, subscription };
        ResultEnvelope { result_type, cache, meta }
    }

    /// M086, A2: what may be kept of which results.
    fn cache_hint(
        &self,
        cx: &Context,
        method: Method,
        params: Option<&RawJson>,
    ) -> Option<CacheHint> {
        match method {
            Method::Discover
            | Method::ListTools
            | Method::ListPrompts
            | Method::ListResources
            | Method::ListTemplates => Some(CacheHint::OF_RELEASE),
            Method::ReadResource => {
                let ResourceParams { uri } = dispatch::parse(params).ok()?;
                // A14: what depends on answers is nobody else's.
                let is_answered = cx
                    .request_scope()
                    .is_some_and(|alone| !alone.given.taken().is_empty());
                Some(match is_answered {
                    true => CacheHint::NONE,
                    false => self.service.cache_hint(&uri),
                })
            }
            _ => None,
        }
    }

    /// `server/discover`
    pub(super) fn discover(&self) -> RawJson {
        to_raw(&DiscoverResult {
            supported_versions: &SUPPORTED,
            capabilities: &self.info.capabilities,
            instructions: self.info.instructions.as_deref(),
        })
    }
}

fn bad_state() -> Error {
    let rule = "requestState is not ours, not for this, or too old";
    Error::InvalidParams(rule.into())
}

/// M100, M102: a state is good for the principal and the request for which it was
/// made. Members of objects are in order here, whatever the client did with them.
fn purpose(
    caller: &Caller,
    method: Method,
    params: Option<&RawJson>,
) -> Result<Vec<u8>, Error> {
    #[derive(Deserialize)]
    struct Subject {
        name: Option<String>,
        uri: Option<String>,
        arguments: Option<RawJson>,
    }
    let Subject { name, uri, arguments } = dispatch::parse(params)?;
    let subject = (caller.principal.as_str(), method.as_str(), name, uri);
    let mut purpose = to_raw(&subject).get().to_owned();
    // The arguments become the last item.
    purpose.truncate(purpose.len() - 1);
    purpose.push(',');
    match arguments {
        Some(arguments) => canonical(&arguments, &mut purpose),
        None => purpose.push_str("{}"),
    }
    purpose.push(']');
    Ok(purpose.into_bytes())
}
