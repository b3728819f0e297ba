//! Roots: the folders in which the client works.
//! spec: client/roots

use serde::{Deserialize, Serialize};

use super::lifecycle::ClientCapabilities;
use super::question::Question;
use super::version::Era;

/// The parameters of `roots/list`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListRoots {}

/// The client's answer.
#[derive(Debug, Clone, Deserialize)]
pub struct ListRootsResult {
    /// The folders; there may be none.
    pub roots: Vec<Root>,
}

/// A folder.
#[derive(Debug, Clone, Deserialize)]
pub struct Root {
    /// A `file://` uri.
    pub uri: String,
    pub name: Option<String>,
}

impl Question for ListRoots {
    const METHOD: &'static str = "roots/list";
    const CAPABILITY: &'static str = "roots";
    type Answer = ListRootsResult;

    fn is_allowed(&self, _: Era, client: ClientCapabilities) -> bool {
        client.roots
    }
}
