//! Resources: what the client may read.
//! spec: server/resources

use serde::{Deserialize, Serialize};

/// A resource as it is listed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// What to read.
    pub uri: String,
    /// For programs.
    pub name: String,
    /// For the model.
    pub description: Option<String>,
    /// What reading it gives.
    pub mime_type: Option<String>,
}

/// The parameters of `resources/read`.
#[derive(Debug, Deserialize)]
pub struct ResourceParams {
    /// Which resource.
    pub uri: String,
}
