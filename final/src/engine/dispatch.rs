//! The method table.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, json};

use super::Engine;
use crate::error::Error;
use crate::protocol::completion::{CompleteParams, CompleteResult};
use crate::protocol::lifecycle::{EmptyObject, ListCapability, ServerCapabilities};
use crate::protocol::logging::SetLevelParams;
use crate::protocol::method::Method;
use crate::protocol::pagination::{ListParams, page};
use crate::protocol::prompts::GetPromptParams;
use crate::protocol::resources::{ReadResult, ResourceParams};
use crate::protocol::tools::{CallToolParams, Tool, ToolResult};
use crate::protocol::version::Era;
use crate::protocol::{RawJson, to_raw};
use crate::service::{Arguments, Context, ServiceError, SessionHandle, Subject};
use crate::sessions::SessionId;

/// The parameters of a request, raw until its method is known.
pub(super) type Params<'a> = Option<&'a RawJson>;

/// The result of a request.
pub(super) type Reply = Result<RawJson, Error>;

impl Engine {
    /// Returns whether clients of an era can call a method.
    pub fn offers(&self, era: Era, method: Method) -> bool {
        era.has_request(method) && is_declared(method, &self.info.capabilities)
    }

    /// Serves one request.
    pub(super) async fn dispatch(
        &self,
        cx: &Context,
        method: Method,
        params: Params<'_>,
    ) -> Reply {
        let era = cx.era();
        let session = cx.session().map(SessionHandle::init);
        if !self.offers(era, method) {
            return Err(Error::no_such_method(era, method));
        }
        match method {
            Method::Discover => Ok(self.discover()),
            Method::Ping => Ok(nothing()),
            Method::SetLevel => self.set_level(cx, params).await,
            Method::ListTools => {
                let tools = self.service.tools(era).iter();
                let tools: Vec<Tool> = tools.map(|it| it.for_era(era)).collect();
                list("tools", &tools, params, era)
            }
            Method::CallTool => self.call_tool(cx, params).await,
            Method::ListResources => {
                let resources = self.service.resources(session);
                list("resources", &resources, params, era)
            }
            Method::ListTemplates => {
                let templates = self.service.resource_templates(era);
                list("resourceTemplates", templates, params, era)
            }
            Method::ReadResource => self.read_resource(cx, params).await,
            Method::Subscribe => self.subscribe(cx, params).await,
            Method::Unsubscribe => self.unsubscribe(cx, params).await,
            Method::Listen => self.listen_for_changes(cx, params).await,
            Method::ListPrompts => {
                list("prompts", self.service.prompts(era), params, era)
            }
            Method::GetPrompt => self.get_prompt(cx, params).await,
            Method::Complete => self.complete(cx, params).await,
            Method::Initialize
            | Method::Initialized
            | Method::Cancelled
            | Method::RootsChanged
            | Method::Unknown => Err(Error::MethodNotFound),
        }
    }

    async fn set_level(&self, cx: &Context, params: Params<'_>) -> Reply {
        let SetLevelParams { level } = parse(params)?;
        let id = session_of(cx)?;
        exists(self.node.store.set_log_level(id, level).await?)
    }

    async fn call_tool(&self, cx: &Context, params: Params<'_>) -> Reply {
        let CallToolParams { name, arguments } = parse(params)?;
        let Some(tool) = self.tools.get(cx.era(), &name) else {
            return Err(Error::InvalidParams("unknown tool".into()));
        };
        let empty = || to_raw(&Map::new());
        let arguments = arguments.map_or_else(empty, RawValue::to_owned);
        // L106: the model reads a result, not a protocol error, and tries again.
        let result = match tool.checked(arguments) {
            Err(rules) => ToolResult::error(rules),
            Ok(arguments) => {
                if !self.service.stays_in_context(&name) {
                    cx.scope.confirm().await?;
                }
                let arguments = Arguments(arguments);
                match self.service.call_tool(cx, &name, arguments).await {
                    // M137, and clients that cannot be asked the tool's question.
                    Err(error) if error.is_for_model() => {
                        ToolResult::error(error.to_string())
                    }
                    result => result?,
                }
            }
        };
        Ok(to_raw(&result.for_era(cx.era())))
    }

    async fn read_resource(&self, cx: &Context, params: Params<'_>) -> Reply {
        let ResourceParams { uri } = parse(params)?;
        match self.service.read_resource(cx, &uri).await {
            Ok(contents) => Ok(to_raw(&ReadResult { contents })),
            Err(ServiceError::ResourceNotFound | ServiceError::NoSuchTape) => {
                Err(Error::ResourceNotFound(uri, cx.era()))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn subscribe(&self, cx: &Context, params: Params<'_>) -> Reply {
        let ResourceParams { uri } = parse(params)?;
        // Only resources of the service, so that subscriptions stay few and short.
        let session = cx.session().map(SessionHandle::init);
        if self.service.subject(session, &uri) != Some(Subject::Caller) {
            return Err(Error::ResourceNotFound(uri, cx.era()));
        }
        let id = session_of(cx)?;
        exists(self.node.store.subscribe(id, &uri).await?)
    }

    async fn unsubscribe(&self, cx: &Context, params: Params<'_>) -> Reply {
        let ResourceParams { uri } = parse(params)?;
        let id = session_of(cx)?;
        exists(self.node.store.unsubscribe(id, &uri).await?)
    }

    async fn get_prompt(&self, cx: &Context, params: Params<'_>) -> Reply {
        let GetPromptParams { name, arguments } = parse(params)?;
        let prompts = self.service.prompts(cx.era());
        let Some(prompt) = prompts.iter().find(|prompt| prompt.name == name) else {
            return Err(Error::InvalidParams("unknown prompt".into()));
        };
        let arguments = arguments.unwrap_or_else(|| to_raw(&Map::new()));
        let arguments = prompt.read(&arguments);
        let arguments =
            arguments.map_err(|rule| Error::InvalidParams(rule.into()))?;
        Ok(to_raw(&self.service.get_prompt(cx, &name, arguments).await?))
    }

    async fn complete(&self, cx: &Context, params: Params<'_>) -> Reply {
        let params: CompleteParams = parse(params)?;
        let completion = self.service.complete(cx, params).await?;
        Ok(to_raw(&CompleteResult { completion }))
    }
}

/// Parses parameters as the type of the method; absent ones as `{}`.
///
/// # Errors
/// [`Error::InvalidParams`]
pub(super) fn parse<'a, T: Deserialize<'a>>(
    params: Params<'a>,
) -> Result<T, Error> {
    serde_json::from_str(params.map_or("{}", |params| params.get()))
        .map_err(|_| Error::InvalidParams("params do not fit the method".into()))
}

/// Returns the session of a method of the stateful era.
fn session_of(cx: &Context) -> Result<&SessionId, Error> {
    let session = cx.session().ok_or(Error::MethodNotFound)?;
    Ok(&session.init().id)
}

/// Returns whether the method's capability was declared; without that it does not
/// exist (L027).
fn is_declared(method: Method, declared: &ServerCapabilities) -> bool {
    let notifies =
        |list: Option<ListCapability>| list.is_some_and(|it| it.list_changed);
    match method {
        Method::Listen => {
            notifies(declared.tools)
                || notifies(declared.prompts)
                || declared
                    .resources
                    .is_some_and(|it| it.subscribe || it.list_changed)
        }
        Method::ListTools | Method::CallTool => declared.tools.is_some(),
        Method::ListResources | Method::ListTemplates | Method::ReadResource => {
            declared.resources.is_some()
        }
        Method::Subscribe | Method::Unsubscribe => {
            declared.resources.is_some_and(|resources| resources.subscribe)
        }
        Method::ListPrompts | Method::GetPrompt => declared.prompts.is_some(),
        Method::SetLevel => declared.logging.is_some(),
        Method::Complete => declared.completions.is_some(),
        _ => true,
    }
}

fn list<T: Serialize>(
    name: &str,
    items: &[T],
    params: Params<'_>,
    era: Era,
) -> Reply {
    let ListParams { cursor } = parse(params)?;
    let Some(page) = page(items, cursor.as_deref()) else {
        return Err(Error::InvalidParams("cursor is not one of ours".into()));
    };
    let mut result = json!({ name: page.items });
    // L208: before structured content there were no titles either.
    if !era.has_structured_content() {
        for item in result[name].as_array_mut().into_iter().flatten() {
            item.as_object_mut().and_then(|item| item.remove("title"));
        }
    }
    if let Some(next) = page.next_cursor {
        result["nextCursor"] = next.into();
    }
    Ok(to_raw(&result))
}

/// Returns the empty result.
pub(super) fn nothing() -> RawJson {
    to_raw(&EmptyObject {})
}

/// Returns the empty result, unless the session ended during the request.
fn exists(found: bool) -> Reply {
    if found { Ok(nothing()) } else { Err(Error::SessionNotFound) }
}
