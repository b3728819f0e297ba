//! Subscriptions in the stateless era: one request, whose answer is a stream of
//! changes.
//! spec: basic/patterns/subscriptions, 2026-07-28

use std::ops::ControlFlow;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::RawJson;
use super::jsonrpc::RequestId;
use super::names::named;
use super::raw::{Kind, each_item, null_is_absent};

/// The largest number of resources that one request may name. The server keeps each
/// while the request runs.
pub const MAX_RESOURCES: usize = 100;

named! {
    /// One of the lists that a service offers.
    List {
        /// `tools/list`
        Tools => "tools",
        /// `prompts/list`
        Prompts => "prompts",
        /// `resources/list`
        Resources => "resources",
    }
}

impl List {
    /// Returns the notification of a change of the list.
    pub fn changed(self) -> &'static str {
        match self {
            Self::Tools => "notifications/tools/list_changed",
            Self::Prompts => "notifications/prompts/list_changed",
            Self::Resources => "notifications/resources/list_changed",
        }
    }
}

/// The changes to which a client subscribes. In the acknowledgement, those that it
/// will receive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Filter {
    /// Changes of the list of tools.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[serde(deserialize_with = "null_is_absent")]
    pub tools_list_changed: bool,
    /// Changes of the list of prompts.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[serde(deserialize_with = "null_is_absent")]
    pub prompts_list_changed: bool,
    /// Changes of the list of resources.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[serde(deserialize_with = "null_is_absent")]
    pub resources_list_changed: bool,
    /// Changes of these resources, at most [`MAX_RESOURCES`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(deserialize_with = "resources")]
    pub resource_subscriptions: Vec<String>,
}

impl Filter {
    /// Returns whether the client subscribes to changes of this list.
    pub fn wants(&self, list: List) -> bool {
        match list {
            List::Tools => self.tools_list_changed,
            List::Prompts => self.prompts_list_changed,
            List::Resources => self.resources_list_changed,
        }
    }

    /// Returns whether the client subscribes to nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The parameters of `subscriptions/listen`.
#[derive(Debug, Deserialize)]
pub struct ListenParams {
    #[serde(deserialize_with = "object")]
    pub notifications: Filter,
}

/// Reads at most one URI more than allowed, which shows that there are too many.
fn resources<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<String>, D::Error> {
    let listed: Option<RawJson> = Deserialize::deserialize(d)?;
    let Some(listed) = listed else { return Ok(Vec::new()) };
    let mut uris = Vec::new();
    let mut bad = Kind::of(&listed) != Kind::Array;
    each_item(&listed, |uri| {
        match serde_json::from_str(uri.get()) {
            Ok(uri) => uris.push(uri),
            Err(_) => bad = true,
        }
        match bad || uris.len() > MAX_RESOURCES {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    if bad { Err(D::Error::custom("resources have URIs")) } else { Ok(uris) }
}

/// Reads a filter. Rejects an array, which a derived reader would accept as the
/// members in order.
fn object<'de, D: Deserializer<'de>>(d: D) -> Result<Filter, D::Error> {
    let given = RawJson::deserialize(d)?;
    match Kind::of(&given) {
        Kind::Object => serde_json::from_str(given.get()).map_err(D::Error::custom),
        _ => Err(D::Error::custom("notifications is an object")),
    }
}

/// The parameters of a notification on such a stream.
#[derive(Debug, Serialize)]
pub struct SubscriptionParams<'a, T> {
    /// The subscription of the notification.
    #[serde(rename = "_meta")]
    pub meta: SubscriptionMeta<'a>,
    /// The notification's own parameters.
    #[serde(flatten)]
    pub params: T,
}

/// The `_meta` of every message on such a stream.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct SubscriptionMeta<'a> {
    /// The id of the `subscriptions/listen` request, unchanged.
    #[serde(rename = "io.modelcontextprotocol/subscriptionId")]
    pub subscription: &'a RequestId,
}

/// The parameters of `notifications/subscriptions/acknowledged`.
#[derive(Debug, Serialize)]
pub struct SubscriptionAcknowledgement<'a> {
    /// The changes that the client will receive, without those that the server does
    /// not support (M111).
    pub notifications: &'a Filter,
}
