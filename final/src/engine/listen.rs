//! Serves `subscriptions/listen`: a request that sends changes until the client or
//! this node ends it.
//! spec: basic/patterns/subscriptions, 2026-07-28

use serde::Serialize;
use serde_json::json;

use super::{Engine, dispatch};
use crate::error::Error;
use crate::protocol::RawJson;
use crate::protocol::lifecycle::ListCapability;
use crate::protocol::resources::ResourceUpdated;
use crate::protocol::subscriptions::{
    Filter, ListenParams, MAX_RESOURCES, SubscriptionAcknowledgement,
    SubscriptionMeta, SubscriptionParams,
};
use crate::service::subscriptions::ResourceChange;
use crate::service::{Context, ServiceError, Subject};

impl Engine {
    /// Sends the client the changes that it subscribes to, until it disconnects or
    /// this node ends its subscriptions. The tapes among them stay alive meanwhile
    /// (D009).
    pub(super) async fn listen_for_changes(
        &self,
        cx: &Context,
        params: Option<&RawJson>,
    ) -> Result<RawJson, Error> {
        let ListenParams { notifications } = dispatch::parse(params)?;
        let scope = cx.request_scope().ok_or(Error::MethodNotFound)?;
        let subscription =
            self.node.changes.subscriptions.open(&scope.caller.owner);
        let subscription = subscription.ok_or(Error::TooManyListeners)?;
        let accepted = self.accepted_filter(cx, notifications).await?;
        subscription.set_filter(accepted.clone());
        // M110: the first message. All changes from now on come after it.
        let acknowledged = SubscriptionAcknowledgement { notifications: &accepted };
        let method = "notifications/subscriptions/acknowledged";
        send(cx, method, acknowledged).await;
        if accepted.is_empty() {
            return Ok(dispatch::nothing());
        }
        while let Some(change) = subscription.next().await {
            send_change(cx, &change).await;
        }
        Ok(dispatch::nothing())
    }

    /// Returns the part of a filter that is accepted (M111).
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
        let changes =
            |list: Option<ListCapability>| list.is_some_and(|it| it.list_changed);
        let resources = offered.resources.unwrap_or_default();
        let mut accepted = Filter {
            tools_list_changed: asked.tools_list_changed && changes(offered.tools),
            prompts_list_changed: asked.prompts_list_changed
                && changes(offered.prompts),
            resources_list_changed: asked.resources_list_changed
                && resources.list_changed,
            resource_subscriptions: Vec::new(),
        };
        let uris = asked.resource_subscriptions;
        for uri in uris.into_iter().filter(|_| resources.subscribe) {
            if self.accepts_resource(cx, &uri).await? {
                accepted.resource_subscriptions.push(uri);
            }
        }
        Ok(accepted)
    }

    /// Returns whether this caller can subscribe to a resource.
    async fn accepts_resource(
        &self,
        cx: &Context,
        uri: &str,
    ) -> Result<bool, Error> {
        match self.service.subject(None, uri) {
            Some(Subject::Caller) => Ok(true),
            Some(Subject::Tape(tape)) => self.watch(cx, &tape, uri).await,
            None => Ok(false),
        }
    }

    /// Stores the subscription to a resource of a tape for all nodes; `false` if
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

async fn send_change(cx: &Context, change: &ResourceChange) {
    match change {
        ResourceChange::List(list) => send(cx, list.changed(), json!({})).await,
        ResourceChange::Resource(uri) => {
            let updated = ResourceUpdated { uri };
            send(cx, "notifications/resources/updated", updated).await;
        }
    }
}

/// Sends a message with the id of its subscription (M112).
async fn send(cx: &Context, method: &str, params: impl Serialize + Send + Sync) {
    let meta = SubscriptionMeta { subscription: &cx.id };
    cx.notify(method, &SubscriptionParams { meta, params }).await;
}
