//! Rate limiting by identity, with the generic cell rate algorithm of
//! `governor`: a burst of `max` requests, refilled evenly over the window.
//!
//! The limit is kept in this node's memory. Behind a load balancer over N nodes a
//! client can therefore send up to N times as many requests.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use axum::response::IntoResponse;
use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use tower_governor::governor::{GovernorConfig, GovernorConfigBuilder};
use tower_governor::key_extractor::KeyExtractor;
use tower_governor::{GovernorError, GovernorLayer};

use super::error::HttpError;
use crate::engine::Caller;
use crate::error::Error;
use crate::telemetry::Metrics;

/// The interval at which clients are removed that sent nothing for a window.
const PURGE: Duration = Duration::from_secs(60);

type Limits = GovernorConfig<Owner, NoOpMiddleware>;

/// The buckets of all clients.
#[derive(Clone)]
pub struct RateLimit {
    limits: Arc<Limits>,
    window: Duration,
}

/// Counts a request for its caller.
#[derive(Debug, Clone, Copy)]
pub struct Owner;

impl KeyExtractor for Owner {
    type Key = Arc<str>;

    fn extract<T>(&self, request: &Request<T>) -> Result<Arc<str>, GovernorError> {
        let caller = request.extensions().get::<Caller>();
        caller.map(|c| c.owner.clone()).ok_or(GovernorError::UnableToExtractKey)
    }
}

impl RateLimit {
    /// Allows at most `max` requests per `window` for each client. `None` if that
    /// is not a rate.
    pub fn new(max: u32, window: Duration) -> Option<Self> {
        let limits = GovernorConfigBuilder::default()
            .period((window / max).max(Duration::from_nanos(1)))
            .burst_size(max)
            .key_extractor(Owner)
            .finish()?;
        Some(Self { limits: Arc::new(limits), window })
    }

    /// Counts a batch of `messages` as if each of them had come alone. The layer has
    /// counted the first one with the HTTP request.
    ///
    /// # Errors
    /// [`Error::RateLimited`] if the caller may not send so many now; none is
    /// counted then. A batch that exceeds the burst is refused for a whole window.
    pub fn count_batch(
        &self,
        caller: &Caller,
        messages: usize,
    ) -> Result<(), Error> {
        let more = u32::try_from(messages.saturating_sub(1)).unwrap_or(u32::MAX);
        let Some(more) = NonZeroU32::new(more) else { return Ok(()) };
        let limiter = self.limits.limiter();
        let wait = match limiter.check_key_n(&caller.owner, more) {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(refused)) => refused.wait_time_from(limiter.clock().now()),
            Err(_) => self.window,
        };
        Err(Error::RateLimited(wait.as_secs() + 1))
    }

    /// Refuses requests beyond the limit, as JSON-RPC, and counts them.
    pub fn layer(
        &self,
        metrics: Arc<Metrics>,
    ) -> GovernorLayer<Owner, NoOpMiddleware, Body> {
        let refuse = move |error| match error {
            GovernorError::TooManyRequests { wait_time, .. } => {
                metrics.rate_limited.inc();
                // `wait_time` was rounded down.
                HttpError::from(Error::RateLimited(wait_time + 1)).into_response()
            }
            _ => HttpError::Unauthorized.into_response(),
        };
        GovernorLayer::new(self.limits.clone()).error_handler(refuse)
    }

    /// Removes idle clients, until it is dropped.
    pub async fn purge(&self) {
        let mut ticks = tokio::time::interval(PURGE);
        loop {
            ticks.tick().await;
            self.limits.limiter().retain_recent();
            self.limits.limiter().shrink_to_fit();
        }
    }
}
