//! Subscriptions in the stateless era: one request, whose answer is a stream of what
//! changes.
//! spec: basic/patterns/subscriptions, 2026-07-28

use std::ops::ControlFlow;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::RawJson;
use super::jsonrpc::RequestId;
use super::names::named;
use super::raw::{Kind, each_item, null_is_absent};

/// The `_meta` member of everything that is said on such a stream (M024, M112).
pub const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";

/// How many resources one request may name. Each is kept while it runs.
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
    /// The notification that says that it has changed.
    pub fn changed(self) -> &'static str {
        match self {
            Self::Tools => "notifications/tools/list_changed",
            Self::Prompts => "notifications/prompts/list_changed",
            Self::Resources => "notifications/resources/list_changed",
        }
    }
}

/// What a client wants to hear of; in the acknowledgement, what it will.
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
    /// Whether changes of this list are wanted.
    pub fn wants(&self, list: List) -> bool {
        match list {
            List::Tools => self.tools_list_changed,
            List::Prompts => self.prompts_list_changed,
            List::Resources => self.resources_list_changed,
        }
    }

    /// Whether nothing is wanted at all.
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

/// Reads as many as are allowed and one more, which says that there are too many.
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

/// A derived reader would take an array for the members in order.
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
    /// Which subscription it belongs to.
    #[serde(rename = "_meta")]
    pub meta: SubscriptionMeta<'a>,
    /// The notification's own parameters.
    #[serde(flatten)]
    pub params: T,
}

/// The `_meta` of everything on such a stream.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct SubscriptionMeta<'a> {
    /// The id of the request that listens, as it came.
    #[serde(rename = "io.modelcontextprotocol/subscriptionId")]
    pub subscription: &'a RequestId,
}

/// The parameters of `notifications/subscriptions/acknowledged`.
#[derive(Debug, Serialize)]
pub struct SubscriptionAcknowledgement<'a> {
    /// What will be heard of; what is not supported is left out (M111).
    pub notifications: &'a Filter,
}
