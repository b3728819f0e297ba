//! The endpoints for operators: health and metrics.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::time::timeout;

use super::{Http, message};
use crate::protocol::to_raw;
use crate::redis::outage_reason;
use crate::sessions::{StoreError, Vitals};

/// The time that storage has before the node is reported as unhealthy.
const VITALS_DEADLINE: Duration = Duration::from_secs(1);

/// Answers GET /livez: the process is alive.
pub async fn livez() -> StatusCode {
    StatusCode::OK
}

/// Answers GET /readyz, for load balancers. It ignores storage: while storage is
/// away, clients should get this node's 503 with `Retry-After`, not the load
/// balancer's.
pub async fn readyz(State(http): State<Arc<Http>>) -> StatusCode {
    if http.readiness.is_draining() {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::OK
    }
}

/// Answers GET /health, for people.
pub async fn health(State(http): State<Arc<Http>>) -> Response {
    let vitals = vitals(&http).await;
    let status = match &vitals {
        _ if http.readiness.is_draining() => "draining",
        Ok(_) => "healthy",
        Err(_) => "unhealthy",
    };
    let mut report = json!({
        "status": status,
        "timestamp": humantime::format_rfc3339_millis(SystemTime::now()).to_string(),
        "sessions": vitals.as_ref().ok().map(|vitals| vitals.active_sessions),
        "uptime": http.readiness.started.elapsed().as_secs(),
        "storageMode": "in-memory",
    });
    if http.readiness.has_shared_storage() {
        report["storageMode"] = "redis".into();
        let reason = |error: &StoreError| outage_reason(error.cause());
        report["redis"] = vitals.as_ref().map_or_else(reason, |_| "ready").into();
    }
    if let Ok(Vitals { eviction_policy: Some(policy), .. }) = vitals {
        report["evictionPolicy"] = policy.into();
    }
    let code = match status {
        "healthy" => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    message::json(code, to_raw(&report))
}

/// Answers GET /metrics in Prometheus' text format. The number of sessions is the
/// deployment's; while storage is away it stays unchanged.
pub async fn metrics(State(http): State<Arc<Http>>) -> Response {
    if let Ok(Vitals { active_sessions, .. }) = vitals(&http).await {
        http.metrics
            .active_sessions
            .set(i64::try_from(active_sessions).unwrap_or(i64::MAX));
    }
    let mut response = http.metrics.render().into_response();
    let format =
        HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, format);
    response
}

async fn vitals(http: &Http) -> Result<Vitals, StoreError> {
    let vitals = timeout(VITALS_DEADLINE, http.engine.vitals()).await;
    vitals.unwrap_or(Err(StoreError::Unavailable(None)))
}
