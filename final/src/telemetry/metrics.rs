//! Every metric of this node, registered once.

use std::array;
use std::sync::Mutex;

use prometheus::core::Collector;
#[cfg(target_os = "linux")]
use prometheus::process_collector::ProcessCollector;
use prometheus::{
    Encoder, Error, Histogram, HistogramOpts, HistogramVec, IntCounter,
    IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

use super::{Outcome, log};
use crate::bus::BusMessage;
use crate::lock::lock;
use crate::protocol::method::Method;
use crate::sessions::HistoryEntry;

/// The upper bounds of the request histogram, in seconds: from a ping in memory to
/// a user who fills in a form.
const BUCKETS: &[f64] = &[
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1,
    0.25, 0.5, 1.0, 2.5, 10.0, 60.0,
];

const SESSION_EVENTS: &str = "Events in the life of sessions on this node";
const STREAMS: &str = "Event streams open on this node";

/// Makes the fields of [`Metrics`] and the code that registers them. A row is a
/// field, its type, the metric's name and help, and a label if several fields are
/// one metric. Private fields follow, each with the function that registers it.
macro_rules! metrics {
    (
        pub { $($(#[$doc:meta])* $field:ident: $type:ident, $name:literal,
            $help:expr $(, $label:literal = $value:expr)?;)* }
        private { $($own:ident: $own_type:ty = $register:expr;)* }
    ) => {
        /// The handles of all metrics. The labels of requests are looked up once,
        /// when the metrics are registered.
        #[derive(Debug)]
        pub struct Metrics {
            /// The registry, in which other modules register their metrics.
            pub registry: Registry,
            $($(#[$doc])* pub $field: $type,)*
            $($own: $own_type,)*
        }

        impl Metrics {
            /// Registers all metrics.
            ///
            /// # Errors
            /// [`prometheus::Error`] if a name is taken, which only a change of
            /// this code can cause.
            pub fn new() -> Result<Self, Error> {
                let registry = Registry::new();
                let metrics = Self {
                    $($field: {
                        let help = Opts::new($name, $help);
                        $(let help = help.const_label($label, $value);)?
                        register(&registry, $type::with_opts(help)?)?
                    },)*
                    $($own: $register(&registry)?,)*
                    registry,
                };
                metrics.build_info.set(1);
                #[cfg(target_os = "linux")]
                metrics.registry.register(Box::new(ProcessCollector::for_self()))?;
                Ok(metrics)
            }
        }
    };
}

metrics! {
    pub {
        /// Always 1.
        build_info: IntGauge, "mcp_build_info", "Always 1; the version is the label",
            "version" = env!("CARGO_PKG_VERSION");
        /// Sessions that are alive, in the whole deployment.
        active_sessions: IntGauge, "mcp_active_sessions",
            "Sessions alive in the whole deployment; equal on every node, take max";
        /// Sessions opened on this node.
        sessions_created: IntCounter, "mcp_session_events_total", SESSION_EVENTS,
            "event" = "created";
        /// Sessions that this node took over from another one.
        sessions_reconstructed: IntCounter, "mcp_session_events_total", SESSION_EVENTS,
            "event" = "reconstructed";
        /// Sessions ended by their client on this node.
        sessions_terminated: IntCounter, "mcp_session_events_total", SESSION_EVENTS,
            "event" = "terminated";
        /// Idle sessions that this node removed.
        sessions_expired: IntCounter, "mcp_session_events_total", SESSION_EVENTS,
            "event" = "expired";
        /// Open streams that answer a POST.
        post_streams: IntGauge, "mcp_streams_open", STREAMS, "kind" = "post";
        /// Open GET streams.
        get_streams: IntGauge, "mcp_streams_open", STREAMS, "kind" = "get";
        /// Open streams of `subscriptions/listen`.
        listen_streams: IntGauge, "mcp_streams_open", STREAMS, "kind" = "listen";
        /// Streams that were resumed after their connection had broken.
        streams_resumed: IntCounter, "mcp_streams_resumed_total",
            "Event streams resumed on this node";
        /// Events sent on resumed streams before these had caught up.
        events_replayed: IntCounter, "mcp_events_replayed_total",
            "Events sent on resumed streams until they had caught up";
        /// Requests refused by the rate limit.
        rate_limited: IntCounter, "mcp_rate_limited_total",
            "Requests refused by the rate limit";
        /// Panics in handlers.
        panics: IntCounter, "mcp_panics_total", "Panics in handlers";
    }
    private {
        requests: RequestMetrics = RequestMetrics::register;
        calculations: IntCounterVec = calculations;
        bus_messages: [IntCounter; BusMessage::KINDS.len()] = bus_messages;
        log_lines_lost: Mutex<IntCounter> = lost_lines;
    }
}

fn register<C: Collector + Clone + 'static>(
    registry: &Registry,
    metric: C,
) -> Result<C, Error> {
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

fn lost_lines(registry: &Registry) -> Result<Mutex<IntCounter>, Error> {
    let help = "Log lines that could not be written to standard error";
    let counter = IntCounter::new("mcp_log_lines_lost_total", help)?;
    Ok(Mutex::new(register(registry, counter)?))
}

fn bus_messages(
    registry: &Registry,
) -> Result<[IntCounter; BusMessage::KINDS.len()], Error> {
    let help = Opts::new("mcp_bus_messages_total", "Bus messages from other nodes");
    let kinds = register(registry, IntCounterVec::new(help, &["kind"])?)?;
    Ok(BusMessage::KINDS.map(|kind| kinds.with_label_values(&[kind])))
}

fn calculations(registry: &Registry) -> Result<IntCounterVec, Error> {
    let help =
        Opts::new("mcp_calculations_total", "Calculations recorded by this node");
    register(registry, IntCounterVec::new(help, &["operation"])?)
}

/// The metrics of requests that have ended, by method.
#[derive(Debug)]
struct RequestMetrics {
    ended: Vec<[IntCounter; Outcome::ALL.len()]>,
    durations: Vec<Histogram>,
}

impl RequestMetrics {
    fn register(registry: &Registry) -> Result<Self, Error> {
        let help = Opts::new("mcp_requests_total", "JSON-RPC requests");
        let ended = IntCounterVec::new(help, &["method", "outcome"])?;
        let ended = register(registry, ended)?;
        let help = HistogramOpts::new(
            "mcp_request_duration_seconds",
            "Time from the parsed request to its answer",
        );
        let help = help.buckets(BUCKETS.to_vec());
        let durations = register(registry, HistogramVec::new(help, &["method"])?)?;
        let methods = Method::ALL.iter().map(|method| method.as_str());
        let of_method = |method| {
            array::from_fn(|at| {
                let outcome = Outcome::ALL[at].as_str();
                ended.with_label_values(&[method, outcome])
            })
        };
        Ok(Self {
            ended: methods.clone().map(of_method).collect(),
            durations: methods
                .map(|method| durations.with_label_values(&[method]))
                .collect(),
        })
    }
}

impl Metrics {
    /// Counts a request that has ended.
    pub fn request(&self, method: Method, outcome: Outcome, seconds: f64) {
        self.requests.ended[method as usize][outcome as usize].inc();
        self.requests.durations[method as usize].observe(seconds);
    }

    /// Counts a message from another node.
    pub fn count_bus_message(&self, message: &BusMessage) {
        self.bus_messages[message.kind()].inc();
    }

    /// Counts entries that were appended to a history. Operations are names in the
    /// code of the service, so they are few.
    pub fn count_calculations(&self, entries: &[HistoryEntry]) {
        for entry in entries {
            self.calculations.with_label_values(&[entry.operation]).inc();
        }
    }

    /// Copies the log's own count of lost lines. The log counts them, because it
    /// starts before the metrics.
    fn count_lost_lines(&self) {
        let counted = lock(&self.log_lines_lost);
        counted.inc_by(log::lost_lines().saturating_sub(counted.get()));
    }

    /// Returns all metrics in Prometheus' text format.
    pub fn render(&self) -> String {
        self.count_lost_lines();
        let mut text = Vec::new();
        // Encoding into memory fails only for a metric without a value.
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut text);
        String::from_utf8(text).unwrap_or_default()
    }
}
