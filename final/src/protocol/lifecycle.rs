//! The handshake: who the two sides are and what they can do.
//! spec: basic/lifecycle

use serde::de::Error;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::RawJson;
use super::raw::{Kind, each_member};
use super::version::Version;

/// The longest name or version that a client may give itself, in bytes. It is
/// kept for the life of the session, so it must not be a place to store things.
pub const MAX_CLIENT_NAME: usize = 256;

/// The parameters of `initialize`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InitializeParams {
    /// The version that the client would like.
    pub protocol_version: String,
    pub capabilities: ClientCapabilities,
    pub client_info: ClientInfo,
}

/// Who the client says it is. Nothing is decided by it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientInfo {
    pub name: String,
    pub version: String,
}

impl ClientInfo {
    /// The length of the longer of its names, in bytes.
    pub fn longest_name(&self) -> usize {
        self.name.len().max(self.version.len())
    }
}

/// What a client declared, reduced to what the server asks about. Members that
/// we do not know are not kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ClientCapabilities {
    /// `roots`: it can list its roots.
    pub roots: bool,
    /// `sampling`: it can ask a model.
    pub sampling: bool,
    /// `elicitation`, form mode: it can show a form.
    pub elicitation: bool,
}

impl<'de> Deserialize<'de> for ClientCapabilities {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let declared = RawJson::deserialize(d)?;
        if Kind::of(&declared) != Kind::Object {
            return Err(D::Error::custom("capabilities is an object"));
        }
        let mut client = Self::default();
        each_member(&declared, |name, value| {
            let is_declared = Kind::of(value) == Kind::Object;
            match name.as_deref() {
                Some("roots") => client.roots = is_declared,
                Some("sampling") => client.sampling = is_declared,
                Some("elicitation") => {
                    client.elicitation = is_declared && has_forms(value);
                }
                _ => {}
            }
        });
        Ok(client)
    }
}

/// An empty object means form only, for clients that predate the modes.
fn has_forms(elicitation: &RawValue) -> bool {
    let mut is_empty = true;
    let mut form = false;
    each_member(elicitation, |mode, _| {
        is_empty = false;
        form |= mode.as_deref() == Some("form");
    });
    is_empty || form
}

impl ClientCapabilities {
    /// A compact name for storage: the declared ones, separated by spaces.
    pub fn to_words(self) -> String {
        let words = [
            (self.roots, "roots"),
            (self.sampling, "sampling"),
            (self.elicitation, "elicitation"),
        ];
        let declared: Vec<&str> =
            words.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
        declared.join(" ")
    }

    /// The inverse of [`Self::to_words`]; unknown words are ignored.
    pub fn from_words(words: &str) -> Self {
        let has = |name| words.split(' ').any(|word| word == name);
        Self {
            roots: has("roots"),
            sampling: has("sampling"),
            elicitation: has("elicitation"),
        }
    }
}

/// The server's name as clients show it.
#[derive(Debug, Clone, Serialize)]
pub struct Implementation {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub version: String,
}

/// Declares a list and whether its changes are announced.
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListCapability {
    /// `notifications/…/list_changed` will be sent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub list_changed: bool,
}

/// Declares resources.
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourcesCapability {
    /// `resources/subscribe` is served and updates are announced.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub subscribe: bool,
    /// `notifications/resources/list_changed` will be sent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub list_changed: bool,
}

/// An empty object on the wire: its presence is the statement.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct EmptyObject {}

/// What the server can do. A method whose capability is absent is unknown.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct ServerCapabilities {
    /// `tools/list`, `tools/call`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<ListCapability>,
    /// `resources/…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<ResourcesCapability>,
    /// `prompts/…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompts: Option<ListCapability>,
    /// `logging/setLevel`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logging: Option<EmptyObject>,
    /// `completion/complete`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completions: Option<EmptyObject>,
}

/// What a [`Service`](crate::service::Service) says of itself.
#[derive(Debug, Clone)]
pub struct ServerInfo {
    /// Its name and version.
    pub implementation: Implementation,
    /// What it offers.
    pub capabilities: ServerCapabilities,
    pub instructions: Option<String>,
}

/// The answer to `initialize`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InitializeResult<'a> {
    /// The version of the session from now on.
    pub protocol_version: Version,
    pub capabilities: &'a ServerCapabilities,
    pub server_info: &'a Implementation,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<&'a str>,
}
