//! `subscriptions/listen`: a request that says what has changed, until somebody
//! ends it.
//! spec: basic/patterns/subscriptions, 2026-07-28

use serde::Serialize;
use serde_json::json;

use super::{Engine, dispatch};
use crate::{
    error::Error,
    protocol::{
        RawJson,
        resources::ResourceUpdated,
        subscriptions::{
            Acknowledged, Filter, ListenParams, MAX_RESOURCES, SubscriptionMeta,
            Tagged,
        },
    },
    service::{Context, ServiceError, Subject, listeners::Change},
    sessions::Live,
};

impl Engine {
    /// Listens until the client has gone, or this node asks everybody to end. What
    /// is listened for stays alive meanwhile (D009).
    pub(super) async fn listen_for_changes(
        &self,
        cx: &Context,
        params: Option<&RawJson>,
    ) -> Result<RawJson, Error> {
        let ListenParams { notifications } = dispatch::parse(params)?;
        let Some(alone) = cx.alone() else { return Err(Error::MethodNotFound) };
        let (honoured, _tapes) = self.honoured(cx, notifications).await?;
        let limit = self.settings.max_listeners;
        let owner = &alone.caller.owner;
        let listening = self.listeners.listen(owner, honoured.clone(), limit);
        let listening = listening.ok_or(Error::TooManyListeners)?;
        // M110: the first message. What changes from now on comes after it.
        let acknowledged = Acknowledged { notifications: &honoured };
        let method = "notifications/subscriptions/acknowledged";
        say(cx, method, acknowledged).await;
        if honoured.is_empty() {
            return Ok(dispatch::nothing());
        }
        while let Some(change) = listening.next().await {
            match &change {
                Change::List(list) => say(cx, list.changed(), json!({})).await,
                Change::Resource(uri) => {
                    let updated = ResourceUpdated { uri };
                    say(cx, "notifications/resources/updated", updated).await;
                }
            }
        }
        Ok(dispatch::nothing())
    }

    /// The part of a filter that will be honoured (M111), and the tapes in it.
    async fn honoured(
        &self,
        cx: &Context,
        asked: Filter,
    ) -> Result<(Filter, Vec<Live>), Error> {
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
        let mut tapes = Vec::new();
        if resources.subscribe {
            for uri in asked.resource_subscriptions {
                match self.service.subject(None, &uri) {
                    Some(Subject::Caller) => {}
                    Some(Subject::Tape(tape)) => {
                        match self.watch(cx, &tape, &uri).await? {
                            Some(live) => tapes.push(live),
                            None => continue,
                        }
                    }
                    None => continue,
                }
                honoured.resource_subscriptions.push(uri);
            }
        }
        Ok((honoured, tapes))
    }

    /// Lets all nodes know that somebody listens to a resource of a tape; `None` if
    /// there is no such tape.
    async fn watch(
        &self,
        cx: &Context,
        tape: &str,
        uri: &str,
    ) -> Result<Option<Live>, Error> {
        let state = match cx.tape(tape).await {
            Ok(state) => state,
            Err(ServiceError::NoSuchTape) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let id = &state.record().opened.id;
        let watched = self.store.subscribe(id, uri).await?;
        Ok(watched.then(|| self.live.hold(*id)))
    }
}

/// M112: everything on the stream says to which subscription it belongs.
async fn say(cx: &Context, method: &str, params: impl Serialize + Send + Sync) {
    let meta = SubscriptionMeta { subscription: &cx.id };
    cx.notify(method, &Tagged { meta, params }).await;
}
