//! The handshake, in which client and server exchange names and capabilities.
//! spec: basic/lifecycle

use serde::de::Error;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::RawJson;
use super::raw::{Kind, each_member};
use super::version::Version;

/// The longest name or version of a client, in bytes. A session keeps them for its
/// whole life, so clients must not be able to store data in them.
pub const MAX_CLIENT_NAME: usize = 256;

/// The parameters of `initialize`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InitializeParams {
    /// The version that the client prefers.
    pub protocol_version: String,
    pub capabilities: ClientCapabilities,
    pub client_info: ClientInfo,
}

/// The client's name and version, as the client sent them. No decision depends on
/// them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientInfo {
    pub name: String,
    pub version: String,
}

impl ClientInfo {
    /// Returns the length of the longer of the two, in bytes.
    pub fn longest_name(&self) -> usize {
        self.name.len().max(self.version.len())
    }
}

/// The capabilities that a client declared. The server keeps only those that it
/// uses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ClientCapabilities {
    /// `roots`: the client can list its roots.
    pub roots: bool,
    /// `sampling`: the client can ask a model.
    pub sampling: bool,
    /// `elicitation`, form mode: the client can show a form.
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

/// Returns whether the client supports forms. An empty object declares them too,
/// because older clients do not know modes.
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
    /// Returns a compact form for storage: the declared capabilities, separated by
    /// spaces.
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

    /// Parses the form of [`Self::to_words`]. Ignores unknown words.
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

/// The capability of a list.
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListCapability {
    /// `notifications/…/list_changed` will be sent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub list_changed: bool,
}

/// The capability of resources.
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

/// An empty object, whose presence declares a capability.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct EmptyObject {}

/// The server's capabilities. A method whose capability is absent is unknown.
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

/// The name and the capabilities of a [`Service`](crate::service::Service).
#[derive(Debug, Clone)]
pub struct ServerInfo {
    pub implementation: Implementation,
    pub capabilities: ServerCapabilities,
    pub instructions: Option<String>,
}

/// The result of `initialize`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InitializeResult<'a> {
    /// The negotiated version.
    pub protocol_version: Version,
    pub capabilities: &'a ServerCapabilities,
    pub server_info: &'a Implementation,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<&'a str>,
}
