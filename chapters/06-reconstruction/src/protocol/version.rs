//! Protocol versions.
//! spec: basic/lifecycle (version negotiation)

/// The protocol versions that we speak, newest first.
pub const VERSIONS: [&str; 2] = ["2025-11-25", "2025-06-18"];

/// The answer to a client that asks for `requested`: the same version if we
/// speak it, else our latest. Never an error.
pub fn negotiate(requested: &str) -> &'static str {
    parse(requested).unwrap_or(VERSIONS[0])
}

/// Returns the version with this name, if the server supports it.
pub fn parse(name: &str) -> Option<&'static str> {
    VERSIONS.into_iter().find(|version| *version == name)
}
