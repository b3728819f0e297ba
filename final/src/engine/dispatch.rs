//! The method table.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, json};

use super::{Engine, arguments::broken_rules};
use crate::{
    error::Error,
    protocol::{
        RawJson,
        completion::{CompleteParams, CompleteResult},
        lifecycle::{Present, ServerCapabilities},
        logging::SetLevelParams,
        method::Method,
        pagination::{ListParams, page},
        prompts::GetPromptParams,
        resources::{ReadResult, ResourceParams},
        to_raw,
        tools::{CallToolParams, Tool, ToolResult},
        version::Version,
    },
    service::{Arguments, Context, ServiceError},
};

impl Engine {
    /// Serves one request.
    pub(super) async fn dispatch(
        &self,
        cx: &Context,
        method: Method,
        params: Option<RawJson>,
    ) -> Result<RawJson, Error> {
        if !is_declared(method, &self.info.capabilities) {
            return Err(Error::MethodNotFound);
        }
        let params = params.as_ref();
        let version = cx.session().opened.version;
        match method {
            Method::Ping => Ok(nothing()),
            Method::SetLevel => self.set_level(cx, params).await,
            Method::ListTools => {
                let for_version = |tool: &Tool| tool.for_version(version);
                let tools: Vec<Tool> =
                    self.service.tools(cx.era()).iter().map(for_version).collect();
                list("tools", &tools, params, version)
            }
            Method::CallTool => self.call_tool(cx, params).await,
            Method::ListResources => {
                let resources = self.service.resources(cx.session());
                list("resources", &resources, params, version)
            }
            Method::ListTemplates => {
                let templates = self.service.resource_templates(cx.era());
                list("resourceTemplates", templates, params, version)
            }
            Method::ReadResource => self.read_resource(cx, params).await,
            Method::Subscribe => self.subscribe(cx, params).await,
            Method::Unsubscribe => self.unsubscribe(cx, params).await,
            Method::ListPrompts => {
                list("prompts", self.service.prompts(cx.era()), params, version)
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

    async fn set_level(
        &self,
        cx: &Context,
        params: Option<&RawJson>,
    ) -> Result<RawJson, Error> {
        let SetLevelParams { level } = parse(params)?;
        let id = &cx.session().opened.id;
        exists(self.store.set_log_level(id, level).await?)
    }

    async fn call_tool(
        &self,
        cx: &Context,
        params: Option<&RawJson>,
    ) -> Result<RawJson, Error> {
        let CallToolParams { name, arguments } = parse(params)?;
        let Some(schema) = self.schemas.get(&name) else {
            return Err(Error::InvalidParams("unknown tool".into()));
        };
        let arguments = arguments.unwrap_or_else(|| to_raw(&Map::new()));
        let version = cx.session().opened.version;
        // L106: the model reads a result, not a protocol error, and tries again.
        let result = match broken_rules(schema, &arguments) {
            Some(rules) => ToolResult::error(rules),
            None => self.service.call_tool(cx, &name, Arguments(arguments)).await?,
        };
        Ok(to_raw(&result.for_version(version)))
    }

    async fn read_resource(
        &self,
        cx: &Context,
        params: Option<&RawJson>,
    ) -> Result<RawJson, Error> {
        let ResourceParams { uri } = parse(params)?;
        match self.service.read_resource(cx, &uri).await {
            Ok(contents) => Ok(to_raw(&ReadResult { contents })),
            Err(ServiceError::ResourceNotFound) => {
                Err(Error::ResourceNotFound(uri))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn subscribe(
        &self,
        cx: &Context,
        params: Option<&RawJson>,
    ) -> Result<RawJson, Error> {
        let ResourceParams { uri } = parse(params)?;
        // Only what the service knows, so that subscriptions stay few and short.
        if !self.service.can_subscribe(cx.session(), &uri) {
            return Err(Error::ResourceNotFound(uri));
        }
        let id = &cx.session().opened.id;
        exists(self.store.subscribe(id, &uri).await?)
    }

    async fn unsubscribe(
        &self,
        cx: &Context,
        params: Option<&RawJson>,
    ) -> Result<RawJson, Error> {
        let ResourceParams { uri } = parse(params)?;
        let id = &cx.session().opened.id;
        exists(self.store.unsubscribe(id, &uri).await?)
    }

    async fn get_prompt(
        &self,
        cx: &Context,
        params: Option<&RawJson>,
    ) -> Result<RawJson, Error> {
        let GetPromptParams { name, arguments } = parse(params)?;
        let prompts = self.service.prompts(cx.era());
        let Some(prompt) = prompts.iter().find(|prompt| prompt.name == name) else {
            return Err(Error::InvalidParams("unknown prompt".into()));
        };
        let has = |name: &String| arguments.contains_key(name);
        if let Some(missing) =
            prompt.arguments.iter().find(|arg| arg.required && !has(&arg.name))
        {
            let rule = format!("{} is required", missing.name);
            return Err(Error::InvalidParams(rule.into()));
        }
        Ok(to_raw(&self.service.get_prompt(cx, &name, arguments).await?))
    }

    async fn complete(
        &self,
        cx: &Context,
        params: Option<&RawJson>,
    ) -> Result<RawJson, Error> {
        let params: CompleteParams = parse(params)?;
        let completion = self.service.complete(cx, params).await?;
        Ok(to_raw(&CompleteResult { completion }))
    }
}

/// Reads parameters as the type that the method takes; absent ones as `{}`.
///
/// # Errors
/// [`Error::InvalidParams`]
pub(super) fn parse<T: DeserializeOwned>(
    params: Option<&RawJson>,
) -> Result<T, Error> {
    serde_json::from_str(params.map_or("{}", |params| params.get()))
        .map_err(|_| Error::InvalidParams("params do not fit the method".into()))
}

/// L027: a method whose capability was not declared does not exist.
fn is_declared(method: Method, declared: &ServerCapabilities) -> bool {
    match method {
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
    params: Option<&RawJson>,
    version: Version,
) -> Result<RawJson, Error> {
    let ListParams { cursor } = parse(params)?;
    let Some(page) = page(items, cursor.as_deref()) else {
        return Err(Error::InvalidParams("cursor is not one of ours".into()));
    };
    let mut result = json!({ name: page.items });
    // L208: before structured content there were no titles either.
    if !version.has_structured_content() {
        for item in result[name].as_array_mut().into_iter().flatten() {
            item.as_object_mut().and_then(|item| item.remove("title"));
        }
    }
    if let Some(next) = page.next_cursor {
        result["nextCursor"] = next.into();
    }
    Ok(to_raw(&result))
}

fn nothing() -> RawJson {
    to_raw(&Present {})
}

/// The empty result, unless the session ended under the request.
fn exists(found: bool) -> Result<RawJson, Error> {
    if found { Ok(nothing()) } else { Err(Error::SessionNotFound) }
}
