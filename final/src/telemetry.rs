//! What operators see: the log and the metrics.

mod excerpt;
mod line;
pub mod log;

use std::sync::Mutex;

use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec,
    IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};
use tracing::Span;

use crate::bus::BusMessage;
use crate::lock::lock;
use crate::protocol::method::Method;
use crate::protocol::trace::TraceContext;

/// The span of a request that is part of somebody's trace: the log names it.
pub fn span(trace: &TraceContext) -> Span {
    let TraceContext { trace_id, parent_id } = trace;
    tracing::info_span!("request", trace_id, parent_id)
}

/// How a request ended, as a label of bounded size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// With a result.
    Done,
    /// With an error that is the caller's to mend.
    Refused,
    /// Cancelled by the caller.
    Cancelled,
    /// Storage was away.
    Unavailable,
    /// With an error that is ours.
    Failed,
}

impl Outcome {
    /// The label.
    pub fn as_str(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    const ALL: [(Self, &str); 5] = [
        (Self::Done, "ok"),
        (Self::Refused, "refused"),
        (Self::Cancelled, "cancelled"),
        (Self::Unavailable, "unavailable"),
        (Self::Failed, "error"),
    ];
}

/// Upper bounds of the request histogram, seconds: from a ping in memory to a
/// person who fills in a form.
const BUCKETS: &[f64] = &[
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1,
    0.25, 0.5, 1.0, 2.5, 10.0, 60.0,
];

/// Every metric, registered once. Handles that are used by every request are
/// looked up here and never again.
#[derive(Debug)]
pub struct Metrics {
    /// Where other rooms register theirs.
    pub registry: Registry,
    /// Sessions that are alive, in the whole deployment.
    pub active_sessions: IntGauge,
    /// Sessions opened on this node.
    pub sessions_created: IntCounter,
    /// Sessions that this node took over from another one.
    pub sessions_reconstructed: IntCounter,
    /// Sessions ended by their client on this node.
    pub sessions_terminated: IntCounter,
    /// Idle sessions that this node removed.
    pub sessions_expired: IntCounter,
    /// Open streams that answer a POST.
    pub post_streams: IntGauge,
    /// Open GET streams.
    pub get_streams: IntGauge,
    /// Open streams of requests that listen.
    pub listen_streams: IntGauge,
    /// Streams that went on where they had broken.
    pub streams_resumed: IntCounter,
    /// Events that were sent again, or for the first time, on such a stream before
    /// it had caught up.
    pub events_replayed: IntCounter,
    /// Requests refused by the rate limit.
    pub rate_limited: IntCounter,
    /// Panics in handlers.
    pub panics: IntCounter,
    log_lines_lost: Mutex<IntCounter>,
    hints: [IntCounter; BusMessage::KINDS.len()],
    requests: Vec<[IntCounter; Outcome::ALL.len()]>,
    durations: Vec<Histogram>,
}

impl Metrics {
    /// Registers everything.
    ///
    /// # Errors
    /// [`prometheus::Error`] if a name is taken, which only a change of this
    /// code can cause.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let active_sessions = IntGauge::new(
            "mcp_active_sessions",
            "Sessions alive in the whole deployment; equal on every node, take max",
        )?;
        let events = IntCounterVec::new(
            Opts::new("mcp_session_events_total", "What happened to sessions"),
            &["event"],
        )?;
        let streams = IntGaugeVec::new(
            Opts::new("mcp_streams_open", "Event streams held by this node"),
            &["kind"],
        )?;
        let rate_limited = IntCounter::new(
            "mcp_rate_limited_total",
            "Requests refused by the rate limit",
        )?;
        let streams_resumed = IntCounter::new(
            "mcp_streams_resumed_total",
            "Event streams resumed on this node",
        )?;
        let events_replayed = IntCounter::new(
            "mcp_events_replayed_total",
            "Events sent on resumed streams until they had caught up",
        )?;
        let hints = IntCounterVec::new(
            Opts::new("mcp_bus_messages_total", "What other nodes told this one"),
            &["kind"],
        )?;
        let panics = IntCounter::new("mcp_panics_total", "Panics in handlers")?;
        let log_lines_lost = IntCounter::new(
            "mcp_log_lines_lost_total",
            "Log lines that standard error did not take",
        )?;
        let requests = IntCounterVec::new(
            Opts::new("mcp_requests_total", "JSON-RPC requests"),
            &["method", "outcome"],
        )?;
        let durations = HistogramVec::new(
            HistogramOpts::new(
                "mcp_request_duration_seconds",
                "From the parsed request to its answer",
            )
            .buckets(BUCKETS.to_vec()),
            &["method"],
        )?;
        let build = IntGaugeVec::new(
            Opts::new("mcp_build_info", "Always 1; the version is the label"),
            &["version"],
        )?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);

        registry.register(Box::new(active_sessions.clone()))?;
        registry.register(Box::new(events.clone()))?;
        registry.register(Box::new(streams.clone()))?;
        registry.register(Box::new(streams_resumed.clone()))?;
        registry.register(Box::new(events_replayed.clone()))?;
        registry.register(Box::new(hints.clone()))?;
        registry.register(Box::new(rate_limited.clone()))?;
        registry.register(Box::new(panics.clone()))?;
        registry.register(Box::new(log_lines_lost.clone()))?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(durations.clone()))?;
        registry.register(Box::new(build))?;
        #[cfg(target_os = "linux")]
        registry.register(Box::new(
            prometheus::process_collector::ProcessCollector::for_self(),
        ))?;

        let of_method = |method: &Method| {
            Outcome::ALL.map(|(_, outcome)| {
                requests.with_label_values(&[method.as_str(), outcome])
            })
        };
        let event = |name| events.with_label_values(&[name]);
        Ok(Self {
            active_sessions,
            sessions_created: event("created"),
            sessions_reconstructed: event("reconstructed"),
            sessions_terminated: event("terminated"),
            sessions_expired: event("expired"),
            post_streams: streams.with_label_values(&["post"]),
            get_streams: streams.with_label_values(&["get"]),
            listen_streams: streams.with_label_values(&["listen"]),
            streams_resumed,
            events_replayed,
            rate_limited,
            panics,
            log_lines_lost: Mutex::new(log_lines_lost),
            hints: BusMessage::KINDS.map(|kind| hints.with_label_values(&[kind])),
            requests: Method::ALL.iter().map(of_method).collect(),
            durations: Method::ALL
                .iter()
                .map(|method| durations.with_label_values(&[method.as_str()]))
                .collect(),
            registry,
        })
    }

    /// Counts a request that has ended.
    pub fn request(&self, method: Method, outcome: Outcome, seconds: f64) {
        self.requests[method as usize][outcome as usize].inc();
        self.durations[method as usize].observe(seconds);
    }

    /// Counts what another node has told.
    pub fn count_bus_message(&self, hint: &BusMessage) {
        self.hints[hint.kind()].inc();
    }

    /// The log counts them itself: it is there before the metrics are.
    fn count_lost_lines(&self) {
        let counted = lock(&self.log_lines_lost);
        counted.inc_by(log::lost_lines().saturating_sub(counted.get()));
    }

    /// Everything in Prometheus' text format.
    pub fn render(&self) -> String {
        self.count_lost_lines();
        let mut text = Vec::new();
        // Encoding into memory fails only for a metric without a value.
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut text);
        String::from_utf8(text).unwrap_or_default()
    }
}
