//! Requests of the stateless era: the same methods, on the request's own envelope,
//! and results with an envelope.
//! spec: basic/index, basic/patterns/mrtr, 2026-07-28

use std::sync::{Arc, Mutex};

use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::{Call, Engine, dispatch};
use crate::calls::CallSink;
use crate::error::Error;
use crate::protocol::caching::CacheHint;
use crate::protocol::discovery::DiscoverResult;
use crate::protocol::envelope::{BadEnvelope, Envelope};
use crate::protocol::jsonrpc::{Request, RequestId};
use crate::protocol::method::Method;
use crate::protocol::raw::canonical;
use crate::protocol::resources::ResourceParams;
use crate::protocol::results::{ResultEnvelope, ResultMeta, ResultType};
use crate::protocol::retries::{InputRequests, InputRequired, Retry};
use crate::protocol::version::SUPPORTED;
use crate::protocol::{RawJson, to_raw};
use crate::service::scope::{CallScope, RequestScope, RetryAnswers};
use crate::service::{Context, ServiceError};
use crate::sessions::Caller;

impl Engine {
    /// Starts a request that belongs to no session. Its messages go to `sink`.
    /// Nothing runs before the call is polled, or after it is dropped.
    ///
    /// # Errors
    /// [`BadEnvelope`] if it names an unknown log level.
    pub fn serve(
        self: &Arc<Self>,
        caller: &Caller,
        request: Request,
        envelope: Envelope,
        sink: CallSink,
    ) -> Result<Call, BadEnvelope> {
        let scope = RequestScope {
            log_level: envelope.log_level()?,
            caller: caller.clone(),
            envelope,
            given: RetryAnswers::default(),
            tapes: Mutex::default(),
        };
        let scope = CallScope::Request(Box::new(scope));
        let cancelled = CancellationToken::new();
        let cx = Context::new(&self.node, scope, &request, sink, cancelled);
        let call = Call::new(&cx, &request);
        Ok(call.with_work(self.clone().run_call(cx, request)))
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
                let meta = self.result_meta(ResultType::Complete, cache, listened);
                Ok(meta.on(&result))
            }
            Err(Error::Service(ServiceError::InputRequired(questions)))
                if may_ask =>
            {
                self.input_required(cx, &questions, method, params).await
            }
            Err(error) => Err(error),
        }
    }

    /// Restores the client's answers of all rounds for the handler.
    async fn restore_answers(
        &self,
        cx: &mut Context,
        method: Method,
        params: Option<&RawJson>,
    ) -> Result<(), Error> {
        let CallScope::Request(scope) = &mut cx.scope else { return Ok(()) };
        let retry = Retry::of(params).ok_or(Error::InvalidParams(
            "inputResponses is an object, requestState a string".into(),
        ))?;
        let mut answers = retry.input_responses.unwrap_or_default();
        let mut state = None;
        if let Some(sealed) = retry.request_state {
            let purpose = purpose(&scope.caller, method, params)?;
            let (id, earlier) = self.states.open(&sealed, &purpose).await?;
            // An accepted answer is not replaced.
            answers.extend(earlier);
            state = Some(id);
        }
        scope.given = RetryAnswers::new(answers, state);
        Ok(())
    }

    async fn input_required(
        &self,
        cx: &Context,
        questions: &InputRequests,
        method: Method,
        params: Option<&RawJson>,
    ) -> Result<RawJson, Error> {
        let scope = cx.request_scope().ok_or(Error::MethodNotFound)?;
        let purpose = purpose(&scope.caller, method, params)?;
        let request_state = self.states.seal(scope.given.taken(), &purpose).await?;
        let result =
            to_raw(&InputRequired { input_requests: questions, request_state });
        let meta = self.result_meta(ResultType::InputRequired, None, None);
        Ok(meta.on(&result))
    }

    fn result_meta<'a>(
        &'a self,
        result_type: ResultType,
        cache: Option<CacheHint>,
        subscription: Option<&'a RequestId>,
    ) -> ResultEnvelope<'a> {
        let meta = ResultMeta { server: &self.server, subscription };
        ResultEnvelope { result_type, cache, meta }
    }

    /// Returns how a result may be cached (M086, A2).
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
                // A14: a result that depends on answers is for this caller alone.
                let is_answered = cx
                    .request_scope()
                    .is_some_and(|scope| !scope.given.taken().is_empty());
                Some(match is_answered {
                    true => CacheHint::NONE,
                    false => self.service.cache_hint(&uri),
                })
            }
            _ => None,
        }
    }

    /// Returns the result of `server/discover`.
    pub(super) fn discover(&self) -> RawJson {
        to_raw(&DiscoverResult {
            supported_versions: &SUPPORTED,
            capabilities: &self.info.capabilities,
            instructions: self.info.instructions.as_deref(),
        })
    }
}

/// Returns the purpose of a sealed state: it is valid only for the principal and
/// the request for which it was sealed (M100, M102). Members of objects are sorted,
/// whatever their order in the request.
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
