//! What is measured of a store.

use std::collections::HashMap;
use std::time::Duration;

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts,
    Registry,
};

use crate::sessions::HistoryEntry;

/// Upper bounds in seconds: from memory's 50 µs up to the deadline.
const BUCKETS: [f64; 14] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05,
    0.1, 0.25, 0.5, 1.0,
];

/// The operations of storage, as labels: sessions, event log, bus.
const OPERATIONS: [&str; 39] = [
    "create",
    "load",
    "enter",
    "touch",
    "mark_ready",
    "set_log_level",
    "subscribe",
    "unsubscribe",
    "append",
    "history",
    "clear_history",
    "terminate",
    "totals",
    "probe",
    "sweep",
    "open_call",
    "withdraw_call",
    "open_listener",
    "close_listener",
    "log",
    "finish",
    "send",
    "resume",
    "read",
    "audit",
    "audited",
    "announce",
    "expect",
    "withdraw",
    "answer",
    "cancel",
    "claim",
    "time_for",
    "agree",
    "look",
    "take_lease",
    "renew_lease",
    "end_lease",
    "is_alive",
];

/// Durations and errors of a store, by operation. Their handles are looked up
/// once, so that all series are there from the start and a call takes no lock.
#[derive(Debug)]
pub struct StoreMetrics {
    operations: HashMap<&'static str, (Histogram, IntCounter)>,
    calculations: IntCounterVec,
}

impl StoreMetrics {
    /// Adds them to a registry.
    ///
    /// # Errors
    /// If the registry already has metrics of these names.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter = |name: &str, help: &str| {
            IntCounterVec::new(Opts::new(name, help), &["operation"])
        };
        let durations = HistogramOpts::new(
            "mcp_store_operation_duration_seconds",
            "How long operations of the session store take.",
        )
        .buckets(BUCKETS.to_vec());
        let durations = HistogramVec::new(durations, &["operation"])?;
        let errors = counter(
            "mcp_store_errors_total",
            "Operations of the session store that failed.",
        )?;
        let calculations = counter(
            "mcp_calculations_total",
            "Calculations recorded by this node.",
        )?;
        registry.register(Box::new(durations.clone()))?;
        registry.register(Box::new(errors.clone()))?;
        registry.register(Box::new(calculations.clone()))?;
        let handles = |name| {
            let labels = &[name];
            (durations.with_label_values(labels), errors.with_label_values(labels))
        };
        let operations = OPERATIONS.map(|name| (name, handles(name))).into();
        Ok(Self { operations, calculations })
    }

    /// Entries were appended to a history. Operations are names in the code of
    /// the service, so they are few.
    pub(super) fn count(&self, entries: &[HistoryEntry]) {
        for entry in entries {
            self.calculations.with_label_values(&[entry.operation]).inc();
        }
    }

    /// One call has ended.
    pub(super) fn observe(&self, operation: &str, took: Duration, failed: bool) {
        if let Some((durations, errors)) = self.operations.get(operation) {
            durations.observe(took.as_secs_f64());
            errors.inc_by(failed.into());
        }
    }
}
