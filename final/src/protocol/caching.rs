//! Hints for how long, and for which callers, a result may be cached.
//! spec: server/utilities/caching, 2026-07-28

use serde::Serialize;

/// The hints of a result that may be cached (M086 to M088).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CacheHint {
    /// The time for which the result is fresh, in milliseconds.
    pub ttl_ms: u64,
    /// The callers that may receive the cached result.
    pub cache_scope: CacheScope,
}

/// The callers that may receive a cached result. This does not control access,
/// which the server checks for every request (M091).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CacheScope {
    /// All callers, because the result does not depend on the caller (M090).
    Public,
    /// Only the caller of the request.
    Private,
}

/// The TTL of results that never change while a server runs. It is bounded, because
/// a new release may be deployed at any time.
const RELEASE_TTL_MS: u64 = 300_000;

impl CacheHint {
    /// The hint of results that are the same for all callers until the next
    /// release.
    pub const OF_RELEASE: Self = Self::public(RELEASE_TTL_MS);

    /// The hint of results that must not be cached.
    pub const NONE: Self = Self { ttl_ms: 0, cache_scope: CacheScope::Private };

    /// Returns the hint of results that are the same for all callers, for this
    /// time.
    pub const fn public(ttl_ms: u64) -> Self {
        Self { ttl_ms, cache_scope: CacheScope::Public }
    }
}
