//! How long a client may keep a result, and for whom.
//! spec: server/utilities/caching, 2026-07-28

use serde::Serialize;

/// The hints of a result that may be cached (M086 to M088).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CacheHint {
    /// For how many milliseconds it is fresh.
    pub ttl_ms: u64,
    /// Who may be given it.
    pub cache_scope: CacheScope,
}

/// Who may be given a cached result. It controls no access: that is checked for
/// every request (M091).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CacheScope {
    /// Everybody: it does not depend on who asks (M090).
    Public,
    /// Whoever asked.
    Private,
}

/// How long what never changes while a server runs is fresh: a deployment may
/// bring a new release at any time.
const RELEASE_TTL_MS: u64 = 300_000;

impl CacheHint {
    /// The same for everybody until the next release.
    pub const OF_RELEASE: Self = Self::public(RELEASE_TTL_MS);

    /// Of this request and this moment only.
    pub const NONE: Self = Self { ttl_ms: 0, cache_scope: CacheScope::Private };

    /// The same for everybody, for so long.
    pub const fn public(ttl_ms: u64) -> Self {
        Self { ttl_ms, cache_scope: CacheScope::Public }
    }
}
