//! `subscriptions/listen`: a request that says what has changed, until somebody
//! ends it.
//! spec: basic/patterns/subscriptions, 2026-07-28

use serde::Serialize;
use serde_json::json;

use super::{Engine, dispatch};
use crate::error::Error;
use crate::protocol::RawJson;
use crate::protocol::resources::ResourceUpdated;
use crate::protocol::subscriptions::{
    Filter, ListenParams, MAX_RESOURCES, SubscriptionAcknowledgement,
    SubscriptionMeta, SubscriptionParams,
};
use crate::service::subscriptions::ResourceChange;
use crate::service::{Context, ServiceError, Subject};

impl Engine {
    /// Listens until the client has gone, or this node asks everybody to end. What
    /// is listened for stays alive meanwhile (D009).
    pub(super) async fn listen_for_changes(
        &self,
        cx: &Context,
        params: Option<&RawJson>,
    ) -> Result<RawJson, Error> {
        let ListenParams { notifications } = dispatch::parse(params)?;
        let scope = cx.request_scope().ok_or(Error::MethodNotFound)?;
        let listening = self.node.changes.listen(&scope.caller.owner);
        let listening = listening.ok_or(Error::TooManyListeners)?;
        let honoured = self.accepted_filter(cx, notifications).await?;
        listening.hear(honoured.clone());
        // M110: the first message. What changes from now on comes after it.
        let acknowledged = SubscriptionAcknowledgement { notifications: &honoured };
        let method = "notifications/subscriptions/acknowledged";
        say(cx, method, acknowledged).await;
        if honoured.is_empty() {
            return Ok(dispatch::nothing());
        }
        while let Some(change) = listening.next().await {
            match &change {
                ResourceChange::List(list) => {
                    say(cx, list.changed(), json!({})).await
                }
                ResourceChange::Resource(uri) => {
                    let updated = ResourceUpdated { uri };
                    say(cx, "notifications/resources/updated", updated).await;
                }
            }
        }
        Ok(dispatch::nothing())
    }

    /// The part of a filter that will be honoured (M111).
    async fn accepted_filter(
        &self,
        cx: &Context,
        asked: Filter,
    ) -> Result<Filter, Error> {
        if asked.resource_subscriptions.len() > MAX_RESOURCES {
            let rule = "resourceSubscriptions: at most 100 in one request";
            return Err(Error::InvalidParams(rule.into()));
        }
        let offered = &self.info.capabilities;
        let tells = |list: Option<bool>| list.unwrap_or(false);
        let resources = offered.resources.unwrap_or_default();
        let mut honoured = Filter {
            tools_list_changed: asked.tools_list_changed
                && tells(offered.tools.map(|tools| tools.list_changed)),
            prompts_list_changed: asked.prompts_list_changed
                && tells(offered.prompts.map(|prompts| prompts.list_changed)),
            resources_list_changed: asked.resources_list_changed
                && resources.list_changed,
            resource_subscriptions: Vec::new(),
        };
        if resources.subscribe {
            for uri in asked.resource_subscriptions {
                match self.service.subject(None, &uri) {
                    Some(Subject::Caller) => {}
                    Some(Subject::Tape(tape)) => {
                        if !self.watch(cx, &tape, &uri).await? {
                            continue;
                        }
                    }
                    None => continue,
                }
                honoured.resource_subscriptions.push(uri);
            }
        }
        Ok(honoured)
    }

    /// Lets all nodes know that somebody listens to a resource of a tape; `false` if
    /// there is no such tape.
    async fn watch(
        &self,
        cx: &Context,
        tape: &str,
        uri: &str,
    ) -> Result<bool, Error> {
        match cx.tape(tape).await {
            Ok(state) => {
                Ok(self.node.store.subscribe(&state.init().id, uri).await?)
            }
            Err(ServiceError::NoSuchTape) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// M112: everything on the stream says to which subscription it belongs.
async fn say(cx: &Context, method: &str, params: impl Serialize + Send + Sync) {
    let meta = SubscriptionMeta { subscription: &cx.id };
    cx.notify(method, &SubscriptionParams { meta, params }).await;
}
