//! Resources: data that the client can read.
//! spec: server/resources

use serde::{Deserialize, Serialize};

use super::content::ResourceContents;

/// A resource as it is listed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    pub uri: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
}

/// A template for the URIs of similar resources.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceTemplate {
    /// RFC 6570, for example `calculator://history/{calculationId}`.
    pub uri_template: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
}

/// The parameters of `resources/read`, `/subscribe` and `/unsubscribe`.
#[derive(Debug, Deserialize)]
pub struct ResourceParams {
    pub uri: String,
}

/// The result of `resources/read`.
#[derive(Debug, Serialize)]
pub struct ReadResult {
    /// One resource may have several parts.
    pub contents: Vec<ResourceContents>,
}

/// The parameters of `notifications/resources/updated`.
#[derive(Debug, Serialize)]
pub struct ResourceUpdated<'a> {
    pub uri: &'a str,
}
